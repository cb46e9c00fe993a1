// The customer's page: one conversation, and nothing in front of it.
import { Api, Live } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Deeds } from "./deeds.js";
import { fill, followViewport, h, icon } from "./dom.js";
import { Outbox } from "./outbox.js";
import { say, toast } from "./overlay.js";
import { chooseLocale, locale, t } from "./words.js";

const api = new Api("c");
const app = document.getElementById("app");
const status = h("span", { class: "status", role: "status" });
const other = locale === "ru" ? "en" : "ru";
const header = h(
  "header",
  { class: "top" },
  h("span", { class: "logo" }, h("img", { src: "/web/assets/icon.svg", alt: "", width: 36, height: 36 })),
  h("div", { class: "top-words" }, h("h1", {}, t("support")), status),
  h("button", { type: "button", class: "language", lang: other, title: t(`language.${other}`), "aria-label": t(`language.${other}`), onclick: () => chooseLocale(other) }, other.toUpperCase()),
);

let state;
let seq = 0;
let live = null;
let unread = 0;
let knocked = 0;
let conversation;

const look = {
  side: "c",
  get me() { return state?.me; },
  variant: (m) => (m.by === state?.me || !m.id ? "own" : m.role === "bot" ? "other bot" : "other"),
  name: (m) => (m.by || m.role === "bot" ? "" : m.author ?? ""),
  state: (m) => {
    if (m.by !== state?.me && m.id) return "";
    if (!m.id) return m.state;
    return m.mark === "delivered" || m.reactions?.some((r) => r.by === "") ? "received" : "sent";
  },
  quoted: (r) => (r.by === state?.me ? t("you") : r.author || t("support")),
  menu: (m) => (m.id && !m.deleted ? [m] : []),
  onquote: (id) => conversation.goTo(id),
  onpress: (m, button, el) => deeds.press(m, button, el),
  onmenu: (m, el, x, y) => deeds.open(m, el, x, y, choices(m)),
};

const deeds = new Deeds({ api, chat: () => state.me, apply: (m) => conversation.apply(m), reactions: () => state.reactions, get me() { return state.me; } });

function choices(message) {
  const own = message.by === state.me;
  return [
    { icon: "reply", label: t("reply"), run: () => composer.answer(message) },
    message.text && { icon: "copy", label: t("copy"), run: () => deeds.copy(message) },
    own && message.text && { icon: "edit", label: t("edit"), run: () => composer.edit(message) },
    own && { icon: "trash", label: t("delete"), danger: true, run: () => deeds.remove(message) },
  ].filter(Boolean);
}

function draft(item) {
  const quoted = item.reply ? { ...item.reply, by: item.reply.by ?? "" } : undefined;
  return { key: item.key, by: state?.me, role: "message", at: item.at, text: item.text, files: item.files?.map(preview), reply: quoted, state: item.state };
}

const preview = (f) => ({ ...f, url: `/web/files/${f.token}/${encodeURIComponent(f.name || "file")}` });

const outbox = new Outbox(api, "c", {
  changed: (item) => shown(item),
  stored: (item, messages) => conversation.settle(item, messages),
  slow: (seconds) => toast(t("slow_down", { n: seconds })),
  knock,
});

function shown(item) {
  conversation.show(item);
  const el = conversation.pending.get(item.key)?.el;
  if (item.state !== "failed" || !el) return;
  el.append(h("div", { class: "failure" }, h("span", {}, t(`failed.${item.why}`)), h("button", { type: "button", class: "link", onclick: () => outbox.again(item) }, t("try_again")), h("button", { type: "button", class: "link", onclick: () => { outbox.drop(item); conversation.settle(item, []); } }, t("discard"))));
}

// The browser has lost its cookie: the page gives a new one.
async function knock() {
  if (Date.now() - knocked < 30000) return false;
  knocked = Date.now();
  await fetch("/", { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  location.reload();
  return false;
}

const composer = new Composer({
  place: "c",
  api,
  limits: () => state.limits,
  placeholder: () => t("write_here"),
  send: ({ text, reply_to, reply, files }) => outbox.add({ text, reply_to, reply: reply && { id: reply.id, by: reply.by, author: reply.author, text: reply.text, kind: reply.kind }, files }),
  change: (message, text) => deeds.change(message, text),
  lastOwn: () => conversation.lastOwn(),
  who: (m) => (m.by === state.me ? t("you") : m.author || t("support")),
});

conversation = new Conversation({
  look,
  draft,
  older: (before) => api.get("messages", { before }),
  read: (id) => { unread = 0; title(); api.post("read", { ref: id }).catch(() => { conversation.readUpTo = 0; }); },
  announce: (m) => { say(`${m.author || t("support")}: ${m.text ?? ""}`); if (!document.hasFocus()) { unread += 1; title(); } },
});

function title() {
  document.title = unread ? `(${unread}) ${t("support")}` : t("support");
}

function onframe(frame) {
  if (frame.t === "change" && frame.chat === state.me) { seq = frame.seq; if (frame.message) conversation.apply(frame.message); }
  else if (frame.t === "upto") seq = frame.seq;
  else if (frame.t === "answer") deeds.answered(frame);
  else if (frame.t === "reset") location.reload();
}

function onstate(now) {
  if (now === "online") { fill(status); outbox.push(); }
  else fill(status, t("connecting"));
}

async function start() {
  try {
    state = await api.get("state");
  } catch (failed) {
    if (failed.status === 401) { fill(status, t("no_cookies")); return; }
    fill(status, t("connecting"));
    setTimeout(start, 2000);
    return;
  }
  fill(status);
  seq = state.seq;
  conversation.setEmpty(h("div", { class: "greeting" }, h("span", { class: "greeting-icon" }, icon("talk")), h("p", {}, state.greeting)));
  conversation.open(state);
  for (const item of outbox.items) shown(item);
  live = new Live("c", () => ({ [state.me]: seq }), onframe, onstate);
  composer.changed();
  composer.focus();
}

title();
followViewport();
const main = h("main", { class: "stage" }, conversation.el, composer.el);
fill(app, header, main);
composer.catchDrops(app);
addEventListener("pagehide", () => live?.end());
addEventListener("pageshow", (event) => event.persisted && location.reload());
start();
