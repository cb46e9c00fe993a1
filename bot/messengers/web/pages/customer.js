// The customer's page: one conversation, and nothing in front of it.
import { Api, Live, showing } from "./api.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { Deeds } from "./deeds.js";
import { Elsewhere } from "./elsewhere.js";
import { fill, followViewport, h, icon, iconButton } from "./dom.js";
import { Frame, framed } from "./frame.js";
import { Outbox } from "./outbox.js";
import { say, toast } from "./overlay.js";
import { chooseLocale, locale, t } from "./words.js";

const PROMISE_EVERY = 300000;
const WRITING_EVERY = 3000;
const WRITING_LASTS = 6000;

const api = new Api("c");
const frame = framed ? new Frame() : null;
if (frame) showing(() => frame.shows);
const app = document.getElementById("app");
const status = h("span", { class: "status", role: "status" });
const elsewhere = new Elsewhere(api);
const other = locale === "ru" ? "en" : "ru";
const header = h(
  "header",
  { class: "top" },
  h("span", { class: "logo" }, h("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: 36, height: 36 })),
  h("div", { class: "top-words" }, h("h1", {}, t("support")), status),
  elsewhere.button,
  frame
    ? iconButton("close", t("close"), () => frame.close())
    : h("button", { type: "button", class: "language", lang: other, title: t(`language.${other}`), "aria-label": t(`language.${other}`), onclick: () => chooseLocale(other) }, other.toUpperCase()),
);

const promise = (lines) => fill(status, lines.split("\n").map((line) => h("span", {}, line)));

let state;
let seq = 0;
let live = null;
let knocked = 0;
let saidWriting = 0;
let supportWriting = 0;
let conversation;

const look = {
  side: "c",
  get me() { return state?.me; },
  variant: (m) => (m.by === state?.me || !m.id ? "own" : m.role === "bot" ? "other bot" : "other"),
  name: (m) => (m.by || m.role === "bot" ? "" : m.author ?? ""),
  state: (m) => {
    if (m.by !== state?.me && m.id) return "";
    if (!m.id) return m.state;
    if (m.mark === "seen") return "seen";
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
  stored: (item, messages) => { conversation.settle(item, messages); frame?.wrote(); },
  slow: (seconds) => toast(t("slow_down", { n: seconds })),
  knock,
  ready: () => Boolean(state), // before, nobody knows who writes
  context: () => frame?.context,
});

function shown(item) {
  conversation.show(item);
  const el = conversation.pending.get(item.key)?.el;
  if (item.state !== "failed" || !el) return;
  el.append(h("div", { class: "failure" }, h("span", {}, t(`failed.${item.why}`)), h("button", { type: "button", class: "link", onclick: () => outbox.again(item) }, t("try_again")), h("button", { type: "button", class: "link", onclick: () => { outbox.drop(item); conversation.settle(item, []); } }, t("discard"))));
}

// The browser has lost its cookie: the page gives a new one. A frame knows its own ways.
async function knock(code) {
  if (frame) return frame.refused(code);
  if (Date.now() - knocked < 30000) return false;
  knocked = Date.now();
  await fetch("/", { credentials: "same-origin", cache: "no-store" }).catch(() => null);
  location.reload();
  return false;
}

const composer = new Composer({
  place: "c",
  api,
  limits: () => state?.limits,
  placeholder: () => t("write_here"),
  send: ({ text, reply_to, reply, files }) => outbox.add({ text, reply_to, reply: reply && { id: reply.id, by: reply.by, author: reply.author, text: reply.text, kind: reply.kind }, files }),
  change: (message, text) => deeds.change(message, text),
  lastOwn: () => conversation.lastOwn(),
  typed: sayWriting,
  who: (m) => (m.by === state.me ? t("you") : m.author || t("support")),
});

conversation = new Conversation({
  look,
  draft,
  page: (where) => api.get("messages", where),
  read: (id) => { title(); api.post("read", { ref: id }).catch(() => { conversation.readUpTo = 0; }); },
  looking: () => !frame || frame.open,
  announce: (m) => { say(`${m.author || t("support")}: ${m.text ?? ""}`); setTimeout(title); }, // by then it may have been seen
});

// Agents learn that one writes, and the other way round.
function sayWriting(text) {
  if (!live || !text || text.startsWith("/") || Date.now() - saidWriting < WRITING_EVERY) return;
  saidWriting = Date.now();
  live.say({ writing: {} });
}

function supportWrites() {
  clearTimeout(supportWriting);
  fill(status, t("writes", { name: t("support") }));
  supportWriting = setTimeout(() => live?.online && promise(state.promise), WRITING_LASTS);
}

function title() {
  const { unread } = conversation;
  frame?.unread(unread);
  document.title = unread ? `(${unread}) ${t("support")}` : t("support");
}

function onframe(frame) {
  if (frame.t === "change" && frame.chat === state.me) { seq = frame.seq; if (frame.message) heard(frame.message); }
  else if (frame.t === "upto") seq = frame.seq;
  else if (frame.t === "answer") deeds.answered(frame);
  else if (frame.t === "writing") supportWrites();
  else if (frame.t === "reset") location.reload();
}

// What the bot itself says may be that the conversation goes on elsewhere.
function heard(message) {
  conversation.apply(message);
  if (message.role === "bot") promised();
}

function onstate(now) {
  if (now === "online") { promise(state.promise); outbox.push(); }
  else { fill(status, t("connecting")); check(); }
}

// A session that ended looks like a lost connection until one asks.
async function check() {
  await api.get("messages", { before: 1 }).catch((failed) => failed.status === 401 && knock(failed.code));
}

// Hours pass while the page is open.
async function promised() {
  if (!live?.online || document.visibilityState !== "visible") return;
  const now = await api.get("promise").catch(() => null);
  if (!now || !live.online) return;
  promise(state.promise = now.promise);
  elsewhere.show(now);
}

async function start() {
  try {
    if (frame && !frame.known) await frame.introduce((token) => api.post("identify", { token }));
    state = await api.get("state");
  } catch (failed) {
    if (failed.status === 401 && frame?.refused(failed.code)) return;
    if (failed.status === 401) { fill(status, t("no_cookies")); return; }
    fill(status, t("connecting"));
    setTimeout(start, 2000);
    return;
  }
  promise(state.promise);
  elsewhere.show(state);
  seq = state.seq;
  conversation.setEmpty(h("div", { class: "greeting" }, h("span", { class: "greeting-icon" }, icon("talk")), h("p", {}, state.greeting), elsewhere.invitation));
  conversation.open(state);
  for (const item of outbox.items) shown(item);
  live = new Live("c", () => ({ [state.me]: seq }), onframe, onstate);
  composer.changed();
  if (!frame || frame.open) composer.focus();
  if (state.messages.some((m) => m.by === state.me)) frame?.wrote();
  title();
  setInterval(promised, PROMISE_EVERY);
}

document.title = t("support");
if (frame) frame.onopen = () => { if (frame.open) { composer.focus(); conversation.toEnd(); conversation.looking(); } title(); };
followViewport();
const main = h("main", { class: "stage" }, elsewhere.el, conversation.el, composer.el);
fill(app, header, main);
composer.catchDrops(app);
addEventListener("pagehide", () => live?.end());
addEventListener("pageshow", (event) => event.persisted && location.reload());
start();
