// The list of a desk's threads: open ones first, closed ones below, each with its newest line.
import { fill, h, icon } from "./dom.js";
import { named } from "./files.js";
import { clockTime, listTime, wholeTime } from "./time.js";
import { t } from "./words.js";

// `Name · first words #123` -> its three parts, each of which may be missing.
export function parts(title) {
  const number = title.match(/ #(\d+)$/);
  const rest = (number ? title.slice(0, number.index) : title).replace(/^✔ /, ""); // closed is shown by its place
  const at = rest.indexOf(" · ");
  return { name: at < 0 ? rest : rest.slice(0, at), subject: at < 0 ? "" : rest.slice(at + 3), number: number?.[1] ?? "" };
}

export function avatar(name) {
  let hue = 7;
  for (const char of name) hue = (hue * 31 + char.codePointAt(0)) % 360;
  const words = name.split(/\s+/).filter((w) => /[\p{L}\p{N}]/u.test(w));
  const letters = words.slice(0, 2).map((w) => Array.from(w)[0]).join("").toUpperCase();
  return h("span", { class: `avatar tone-${hue % 6}`, "aria-hidden": "true" }, letters || "·");
}

const SOON = 5 * 60000;
const MINUTE = 60000;

// Whether a thread belongs under a filter, by its ticket where that is known.
const belongs = {
  "": () => true,
  mine: (_, ticket, me) => ticket?.assignee === me && ticket.state !== "closed",
  unanswered: (_, ticket) => ticket?.state === "agent",
  snoozed: (_, ticket) => ticket?.state === "snoozed",
  closed: (thread) => thread.closed,
};

// hooks: fetch(chat, closed, before) -> {threads, more}, filtered(chat, which) -> {threads}, tickets(chat, ids) -> {tickets},
// open(chat, thread), me(), notePrefix(), startHint(), desk(chat)
export class ThreadList {
  constructor(hooks) {
    this.hooks = hooks;
    this.chat = null;
    this.rows = new Map(); // id -> { thread, el }
    this.current = null;
    this.filter = "";
    this.tickets = new Map(); // id -> what its ticket is like
    this.learned = new Map(); // id -> which question told it
    this.asked = new Set();
    setInterval(() => this.#tick(), 20000);
    this.found = h("ul", { class: "threads", "aria-label": t("found"), hidden: true });
    this.open = h("ul", { class: "threads", "aria-label": t("open_threads") });
    this.closed = h("ul", { class: "threads", "aria-label": t("closed_threads") });
    this.heading = h("h2", { class: "list-heading", hidden: true }, t("closed"));
    this.generalSign = h("span", { class: "badge", hidden: true });
    this.general = h(
      "button",
      { type: "button", class: "general", onclick: () => this.hooks.open(this.chat, "") },
      h("span", { class: "avatar general-sign", "aria-hidden": "true" }, "#"),
      h("span", { class: "thread-words" }, h("span", { class: "thread-name" }, t("general")), h("span", { class: "thread-line" }, t("general_about"))),
      this.generalSign,
    );
    this.hint = h("div", { class: "list-hint" });
    this.el = h("div", { class: "list-scroller" }, this.found, this.general, this.open, this.hint, this.heading, this.closed);
    this.el.addEventListener("scroll", () => this.el.scrollTop + this.el.clientHeight > this.el.scrollHeight - 300 && this.#more(), { passive: true });
  }

  async show(chat) {
    this.chat = chat;
    this.rows.clear();
    this.tickets.clear();
    this.loaded = false;
    this.more = { open: null, closed: null };
    this.#arrange();
    fill(this.hint);
    const [open, closed] = await Promise.all([this.hooks.fetch(chat, false), this.hooks.fetch(chat, true)]);
    if (this.chat !== chat) return;
    this.more = { open: open.more, closed: closed.more };
    for (const thread of [...open.threads, ...closed.threads]) this.#put(thread);
    await this.#learn(open.threads.map((thread) => thread.id));
    this.loaded = true;
    await this.chooseFilter(this.filter);
  }

  // Threads of a filter may lie on pages that are not loaded: the server names them.
  async chooseFilter(filter) {
    this.filter = filter;
    const { chat } = this;
    if (["mine", "unanswered", "snoozed"].includes(filter)) {
      const { threads } = await this.hooks.filtered(chat, filter).catch(() => ({ threads: [] }));
      if (this.chat !== chat || this.filter !== filter) return;
      const unknown = threads.filter((thread) => !this.rows.has(thread.id));
      for (const thread of unknown) this.#put(thread);
      await this.#learn(threads.map((thread) => thread.id));
    }
    this.#arrange();
    this.#sayWhyEmpty();
  }

  // What a search has found, in every desk; null shows the list again.
  showFound(found) {
    this.found.hidden = !found;
    for (const el of [this.general, this.open, this.hint, this.closed]) el.hidden = Boolean(found);
    if (!found) { this.#arrange(); this.#sayWhyEmpty(); return; }
    this.heading.hidden = true;
    fill(this.found, found.length ? found.map((f) => this.#foundRow(f)) : h("li", { class: "list-hint" }, h("p", {}, t("nothing_found"))));
    this.el.scrollTop = 0;
  }

  #foundRow({ chat, thread, message }) {
    const { name, number } = parts(thread.title);
    const desk = this.hooks.desk(chat);
    return h(
      "li",
      {},
      h(
        "button",
        { type: "button", class: `thread${thread.closed ? " closed" : ""}`, onclick: () => this.hooks.open(chat, thread.id, message.role === "card" ? "" : message.id) },
        avatar(name),
        h(
          "span",
          { class: "thread-words" },
          h("span", { class: "thread-head" }, h("span", { class: "thread-name" }, name), h("span", { class: "thread-number" }, [desk?.icon, number ? `#${number}` : ""].filter(Boolean).join(" ")), h("time", { class: "thread-time" }, listTime(message.at))),
          h("span", { class: "thread-foot" }, h("span", { class: "thread-line" }, message.text || named(message.kind))),
        ),
      ),
    );
  }

  // Tickets change without a word in their threads; asked once for whatever comes within a moment.
  #ask(id) {
    this.asked.add(id);
    this.asking ||= setTimeout(async () => {
      this.asking = 0;
      const ids = [...this.asked];
      this.asked.clear();
      await this.#learn(ids);
      this.#arrange();
      this.#sayWhyEmpty();
    }, 200);
  }

  async #learn(ids) {
    const { chat } = this;
    if (!ids.length) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const { tickets } = await this.hooks.tickets(chat, ids).catch(() => ({ tickets: {} }));
    if (this.chat !== chat) return;
    for (const id of ids) {
      if ((this.learned.get(id) ?? 0) > turn) continue; // a later question was answered sooner
      this.learned.set(id, turn);
      if (tickets[id]) this.tickets.set(id, tickets[id]);
      else this.tickets.delete(id);
      const row = this.rows.get(id);
      if (row) this.#put(row.thread);
    }
  }

  #tick() {
    for (const [id, ticket] of this.tickets) if (ticket.due && this.rows.has(id)) this.#put(this.rows.get(id).thread);
  }

  // The thread above or below the current one, as the list shows them.
  neighbour(by) {
    const shown = [...this.el.querySelectorAll("li:not([hidden]) > .thread[data-thread]")].filter((el) => el.offsetParent);
    const at = shown.findIndex((el) => el.dataset.thread === this.current);
    const next = shown[at < 0 ? (by > 0 ? 0 : shown.length - 1) : at + by];
    return next?.dataset.thread ?? null;
  }

  apply(thread) {
    const before = this.rows.get(thread.id)?.thread;
    if (before && before.seq > thread.seq) return;
    this.#put({ unread: before?.unread ?? 0, ...thread });
    this.#ask(thread.id);
    this.#arrange();
    this.#sayWhyEmpty();
  }

  unread(id, count) {
    const row = this.rows.get(id);
    if (!row || row.thread.unread === count) return;
    this.#put({ ...row.thread, unread: count });
    this.#arrange();
  }

  // How much is unread outside any thread.
  unreadGeneral(n) {
    this.generalSign.hidden = !n;
    this.generalSign.textContent = String(n);
    this.generalSign.setAttribute("aria-label", t("unread", { n }));
  }

  // What is unread in the threads at the top, as the server knows it.
  async recount() {
    const { chat } = this;
    if (!chat) return;
    const { threads } = await this.hooks.fetch(chat, false);
    if (this.chat === chat) for (const thread of threads) this.unread(thread.id, thread.unread);
  }

  thread(id) {
    return this.rows.get(id)?.thread ?? null;
  }

  choose(thread) {
    this.current = thread;
    this.general.classList.toggle("current", thread === "");
    for (const [id, { el }] of this.rows) this.#mark(el, id);
  }

  #mark(el, id) {
    el.firstChild.classList.toggle("current", id === this.current);
    if (id === this.current) el.firstChild.setAttribute("aria-current", "true");
    else el.firstChild.removeAttribute("aria-current");
  }

  // A row that is there is filled anew, not replaced: it may be under a finger just now.
  #put(thread) {
    const button = () => h("button", { type: "button", "data-thread": thread.id, onclick: () => this.hooks.open(this.chat, thread.id) });
    const el = this.rows.get(thread.id)?.el ?? h("li", {}, button());
    this.rows.set(thread.id, { thread, el });
    this.#fillRow(el.firstChild, thread);
    this.#mark(el, thread.id);
  }

  #fillRow(button, thread) {
    const { name, subject, number } = parts(thread.title);
    const signs = [];
    if (thread.unread) signs.push(h("span", { class: "badge", "aria-label": t("unread", { n: thread.unread }) }, thread.unread > 99 ? "99+" : String(thread.unread)));
    const ticket = this.tickets.get(thread.id);
    const sign = thread.closed ? null : clockSign(ticket);
    if (sign) signs.unshift(sign);
    else if (thread.waiting && !thread.unread) signs.push(h("span", { class: "waiting", title: t("waits"), role: "img", "aria-label": t("waits") }));
    button.className = `thread${thread.closed ? " closed" : ""}${thread.unread ? " unread" : ""}`;
    fill(
      button,
      avatar(name),
      h(
        "span",
        { class: "thread-words" },
        h("span", { class: "thread-head" }, h("span", { class: "thread-name" }, name), number ? h("span", { class: "thread-number" }, `#${number}`) : null, h("time", { class: "thread-time", datetime: new Date(thread.at).toISOString(), title: wholeTime(thread.at) }, listTime(thread.at))),
        h("span", { class: "thread-foot" }, h("span", { class: "thread-line" }, this.#line(thread, subject)), signs),
      ),
    );
  }

  #line(thread, subject) {
    const { last } = thread;
    if (!last) return subject;
    const words = last.text || named(last.kind);
    if (last.role !== "message" || !last.by) return words;
    const prefix = this.hooks.notePrefix();
    if (words.startsWith(prefix)) return `${t("note")}: ${words.slice(prefix.length).trimStart()}`;
    return `${last.by === this.hooks.me() ? t("you") : last.author}: ${words}`;
  }

  #arrange() {
    const me = this.hooks.me();
    const all = [...this.rows.values()].filter(({ thread }) => belongs[this.filter](thread, this.tickets.get(thread.id), me)).sort((a, b) => b.thread.at - a.thread.at || Number(b.thread.id) - Number(a.thread.id));
    place(this.open, all.filter((r) => !r.thread.closed));
    place(this.closed, all.filter((r) => r.thread.closed));
    this.general.hidden = Boolean(this.filter) || !this.found.hidden;
    this.heading.hidden = !this.closed.children.length || Boolean(this.filter);
  }

  #sayWhyEmpty() {
    const nothing = !this.open.children.length;
    if (this.filter) { fill(this.hint, nothing && !this.closed.children.length && this.loaded ? h("p", {}, t(`empty.${this.filter}`)) : null); return; }
    fill(this.hint, nothing && this.loaded ? (this.closed.children.length ? h("p", {}, t("all_done")) : this.hooks.startHint(this.chat)) : null);
  }

  async #more() {
    for (const kind of ["open", "closed"]) {
      if (!this.more?.[kind] || this.loading) continue;
      this.loading = true;
      const chat = this.chat;
      const times = [...this.rows.values()].filter((r) => r.thread.closed === (kind === "closed")).map((r) => r.thread.at);
      try {
        const { threads, more } = await this.hooks.fetch(chat, kind === "closed", Math.min(...times));
        if (this.chat !== chat) return;
        this.more[kind] = more;
        for (const thread of threads) if (!this.rows.has(thread.id)) this.#put(thread);
        this.#arrange();
      } catch {
        // the next scroll asks again
      } finally {
        this.loading = false;
      }
      return;
    }
  }
}

// How long the customer may still wait, or until when the ticket sleeps.
function clockSign(ticket) {
  if (ticket?.until) return h("span", { class: "clock asleep", title: t("sleeps_until", { at: wholeTime(ticket.until) }) }, icon("clock"), listTime(ticket.until));
  if (!ticket?.due) return null;
  const left = ticket.due - Date.now();
  const late = ticket.late || left < 0;
  const minutes = Math.max(1, Math.ceil(Math.abs(left) / MINUTE));
  const words = late ? (minutes < 60 ? t("clock.late", { n: minutes }) : t("clock.since", { at: clockTime(ticket.due) })) : minutes < 60 ? t("clock.left", { n: minutes }) : t("clock.due", { at: clockTime(ticket.due) });
  return h("span", { class: `clock${late ? " late" : left < SOON ? " soon" : ""}`, title: t("answer_by", { at: wholeTime(ticket.due) }) }, words);
}

function place(list, rows) {
  rows.forEach(({ el }, i) => list.children[i] !== el && list.insertBefore(el, list.children[i] ?? null));
  while (list.children.length > rows.length) list.lastChild.remove();
}
