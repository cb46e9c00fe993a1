// The staff page: desks and their threads on the left, a thread on the right.
import { Api, Live } from "./api.js";
import { Desks } from "./desks.js";
import { showAgents } from "./agents.js";
import { alertTo, notifies, sounds, switchNotifications, switchSound } from "./alerts.js";
import { fill, followViewport, h, iconButton } from "./dom.js";
import { Deeds } from "./deeds.js";
import { Filters } from "./filters.js";
import { listenToKeys, showKeys } from "./keys.js";
import { Outbox } from "./outbox.js";
import { ask, menu, toast } from "./overlay.js";
import { askToSignIn, howToGetIn } from "./signin.js";
import { ThreadList, parts } from "./threads.js";
import { ThreadView } from "./thread.js";
import { chooseLocale, locale, t } from "./words.js";

const api = new Api("s");
const app = document.getElementById("app");
const seqs = {};
let state = null;
let view = null;
let live = null;
let counting = 0;

const deeds = new Deeds({ api, chat: () => view.chat, apply: (m) => view.apply(m), reactions: () => state.reactions, get me() { return state.me.id; } });
const outbox = new Outbox(api, "s", {
  changed: (item) => view?.holds(item.chat, item.thread) && view.pending(item),
  stored: (item, messages) => view?.holds(item.chat, item.thread) && view.settle(item, messages),
  slow: (seconds) => toast(t("slow_down", { n: seconds })),
});

const list = new ThreadList({
  fetch: (chat, closed, before) => api.get("threads", { chat, closed: closed ? 1 : "", before }),
  filtered: (chat, which) => api.get("filtered", { chat, which }),
  tickets: (chat, ids) => api.get("tickets", { chat, threads: ids.slice(0, 200).join(",") }),
  desk: (chat) => desk(chat),
  open: (chat, thread, ref) => go(chat, thread, ref),
  me: () => state.me.id,
  notePrefix: () => state.note_prefix,
  startHint: (chat) => {
    if (!desk(chat)?.mirror) return null; // no conversations come here
    const [before, after] = t("no_threads").split("{page}");
    return h("p", {}, before, h("a", { href: "/", target: "_blank" }, t("customer_page")), after);
  },
});
const desk = (chat) => state.desks.find((d) => d.chat === chat);
const desks = new Desks((chat) => go(chat, desk(chat).mirror ? null : ""));
const filters = new Filters({
  choose: (filter) => list.chooseFilter(filter),
  search: (words) => api.get("search", { q: words }).then(({ found }) => filters.input.value && list.showFound(found), offline),
  clear: () => { filters.row.hidden = false; list.showFound(null); },
});
const status = h("span", { class: "status", role: "status" });
const stage = h("main", { class: "stage" });

function frame() {
  const top = h(
    "header",
    { class: "top" },
    h("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: 34, height: 34 }),
    h("div", { class: "top-words" }, h("h1", {}, state.me.name), status),
    iconButton("more", t("menu"), openMenu, { "aria-haspopup": "menu" }),
  );
  fill(app, h("div", { class: "office" }, h("nav", { class: "side", "aria-label": t("desks") }, top, desks.el, filters.el, list.el), stage));
}

function openMenu(event) {
  const other = locale === "ru" ? "en" : "ru";
  const box = event.currentTarget.getBoundingClientRect();
  menu(
    [
      { icon: notifies() ? "bell" : "bell_off", label: t(notifies() ? "notify_off" : "notify_on"), run: switchNotifications },
      { icon: sounds() ? "sound" : "mute", label: t(sounds() ? "sound_off" : "sound_on"), run: switchSound },
      { icon: "keyboard", label: t("keys.title"), run: showKeys },
      state.me.admin && { icon: "people", label: t("agents"), run: () => showAgents(api, state.me.id) },
      { icon: "language", label: t(`language.${other}`), run: () => chooseLocale(other) },
      { icon: "signout", label: t("sign_out"), run: signOut },
    ].filter(Boolean),
    box.left, box.bottom + 4,
  );
}

async function signOut() {
  if (!(await ask(t("sign_out_question"), t("sign_out")))) return;
  live?.end();
  await api.post("signout", {}).catch(() => null);
  howToGetIn(app);
}

// #desk, #desk/thread, #desk/-/message, #desk/thread/message
function place() {
  const [chat, thread, ref] = decodeURIComponent(location.hash.slice(1)).split("/");
  if (!state.desks.some((d) => d.chat === chat)) return { chat: state.desks[0]?.chat ?? null, thread: null };
  if (thread === undefined) return { chat, thread: null };
  return { chat, thread: thread === "-" ? "" : thread, ref };
}

function go(chat, thread, ref) {
  location.hash = thread === null ? chat : `${chat}/${thread || "-"}${ref ? `/${ref}` : ""}`;
}

async function follow() {
  const { chat, thread, ref } = place();
  if (!chat) return;
  desks.choose(chat);
  document.body.classList.toggle("inside", thread !== null);
  const listing = list.chat === chat ? null : list.show(chat).catch(offline);
  list.choose(thread);
  showDesks();
  if (thread === null) {
    leave();
    fill(stage, h("div", { class: "nothing" }, h("p", {}, t("choose_thread"))));
    await listing;
  } else if (!view?.holds(chat, thread)) {
    leave();
    view = new ThreadView({ api, deeds, outbox, state, desk: desk(chat), thread, list, back: () => go(chat, null), read: (id) => read(chat, thread, id), writing: (inChat, inThread, toCustomer) => live?.say({ writing: { chat: inChat, thread: inThread, to_customer: toCustomer } }) });
    fill(stage, view.el);
    view.open(ref).catch((failed) => (failed.status === 401 ? howToGetIn(app) : offline()));
    for (const item of outbox.items) if (view.holds(item.chat, item.thread)) view.pending(item);
    await listing;
    view?.titled();
  } else view.show(ref);
}

function leave() {
  view?.leave();
  view = null;
}

function offline() {
  toast(t("offline_now"), "bad");
}

function read(chat, thread, id) {
  list.chat === chat && list.unread(thread, 0);
  api.post("read", { chat, thread, ref: id }).then(count, () => view && (view.conversation.readUpTo = 0));
}

// How much is unread is the server's to say; asked once for whatever comes within a moment.
function count() {
  counting ||= setTimeout(async () => {
    counting = 0;
    const [now] = await Promise.all([api.get("state"), list.recount()]).catch(() => []);
    if (!now) return;
    state.desks = now.desks;
    showDesks();
  }, 300);
}

function showDesks() {
  desks.show(state.desks);
  list.unreadGeneral(desk(list.chat)?.general ?? 0);
  const unread = state.desks.reduce((sum, d) => sum + d.unread + d.general, 0);
  document.title = unread ? `(${unread}) Okno` : "Okno";
}

function onframe(f) {
  if (f.t === "answer") deeds.answered(f);
  else if (f.t === "writing") { if (view?.holds(f.chat, f.thread)) view.colleagueWrites(f.by, f.name || t("customer")); }
  else if (f.t === "read") { if (list.chat === f.chat) list.unread(f.thread, 0); count(); }
  else if (f.t === "upto") seqs[f.chat] = f.seq;
  else if (f.t === "reset") { seqs[f.chat] = f.seq; location.reload(); }
  else if (f.t === "change") {
    seqs[f.chat] = f.seq;
    if (f.thread && list.chat === f.chat) list.apply(f.thread);
    const looked = f.message && view?.holds(f.chat, f.message.thread);
    if (looked) view.apply(f.message);
    if (f.message && f.thread && !(looked && document.hasFocus())) alertTo(f.message, parts(f.thread.title).name, () => go(f.chat, f.thread.id));
    if (f.thread && view?.holds(f.chat, f.thread.id)) view.titled();
    if (!f.message || f.message.by !== state.me.id) count();
  }
}

function onstate(now) {
  if (now === "online") { fill(status); outbox.push(); }
  else if (now === "signed-out") howToGetIn(app);
  else { fill(status, t("connecting")); check(); }
}

// A session that ended looks like a lost connection until one asks.
async function check() {
  await api.get("state").catch((failed) => { if (failed.status === 401) { live?.end(); howToGetIn(app); } });
}

async function start() {
  try {
    state = await api.get("state");
  } catch (failed) {
    if (failed.status === 401) howToGetIn(app);
    else { fill(app, h("p", { class: "waiting-room" }, t("connecting"))); setTimeout(start, 2000); }
    return;
  }
  for (const desk of state.desks) seqs[desk.chat] = desk.seq;
  frame();
  showDesks();
  addEventListener("hashchange", follow);
  listenToKeys({
    search: () => { document.body.classList.remove("inside"); filters.focus(); },
    step: (by) => { const next = list.neighbour(by); if (next) go(list.chat, next); },
    answer: (start) => { if (!view) return; if (start && !view.composer.text) view.composer.text = start; view.composer.input.focus(); },
    note: () => view?.takeNote(),
    desk: (index) => state.desks[index] && go(state.desks[index].chat, null),
    leave: () => document.activeElement?.blur(),
  });
  live = new Live("s", () => seqs, onframe, onstate);
  await follow();
}

followViewport();
addEventListener("pageshow", (event) => event.persisted && location.reload());
const invite = new URLSearchParams(location.search).get("invite");
if (invite) askToSignIn(app, api, invite, start);
else start();
