// The list of a desk's threads: open ones first, closed ones below, each with its newest line.
import { fill, h } from "./dom.js";
import { named } from "./files.js";
import { listTime, wholeTime } from "./time.js";
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

// hooks: fetch(chat, closed, before) -> {threads, more}, open(chat, thread), me(), notePrefix(), startHint()
export class ThreadList {
  constructor(hooks) {
    this.hooks = hooks;
    this.chat = null;
    this.rows = new Map(); // id -> { thread, el }
    this.current = null;
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
    this.el = h("div", { class: "list-scroller" }, this.general, this.open, this.hint, this.heading, this.closed);
    this.el.addEventListener("scroll", () => this.el.scrollTop + this.el.clientHeight > this.el.scrollHeight - 300 && this.#more(), { passive: true });
  }

  async show(chat) {
    this.chat = chat;
    this.rows.clear();
    this.more = { open: null, closed: null };
    this.#arrange();
    fill(this.hint);
    const [open, closed] = await Promise.all([this.hooks.fetch(chat, false), this.hooks.fetch(chat, true)]);
    if (this.chat !== chat) return;
    this.more = { open: open.more, closed: closed.more };
    for (const thread of [...open.threads, ...closed.threads]) this.#put(thread);
    this.#arrange();
    this.loaded = true;
    this.#sayWhyEmpty();
  }

  apply(thread) {
    const before = this.rows.get(thread.id)?.thread;
    if (before && before.seq > thread.seq) return;
    this.#put({ unread: before?.unread ?? 0, ...thread });
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
    const button = () => h("button", { type: "button", onclick: () => this.hooks.open(this.chat, thread.id) });
    const el = this.rows.get(thread.id)?.el ?? h("li", {}, button());
    this.rows.set(thread.id, { thread, el });
    this.#fillRow(el.firstChild, thread);
    this.#mark(el, thread.id);
  }

  #fillRow(button, thread) {
    const { name, subject, number } = parts(thread.title);
    const signs = [];
    if (thread.unread) signs.push(h("span", { class: "badge", "aria-label": t("unread", { n: thread.unread }) }, thread.unread > 99 ? "99+" : String(thread.unread)));
    else if (thread.waiting) signs.push(h("span", { class: "waiting", title: t("waits"), role: "img", "aria-label": t("waits") }));
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
    const all = [...this.rows.values()].sort((a, b) => b.thread.at - a.thread.at || Number(b.thread.id) - Number(a.thread.id));
    place(this.open, all.filter((r) => !r.thread.closed));
    place(this.closed, all.filter((r) => r.thread.closed));
    this.heading.hidden = !this.closed.children.length;
  }

  #sayWhyEmpty() {
    const nothing = !this.open.children.length;
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

function place(list, rows) {
  rows.forEach(({ el }, i) => list.children[i] !== el && list.insertBefore(el, list.children[i] ?? null));
  while (list.children.length > rows.length) list.lastChild.remove();
}
