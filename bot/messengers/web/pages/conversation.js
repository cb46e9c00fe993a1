// The messages of one chat or thread: order, days, groups, history, what is on its way, how far one has read.
import { bubble } from "./bubble.js";
import { fill, h, iconButton } from "./dom.js";
import { dayName, sameDay } from "./time.js";
import { t } from "./words.js";

const NEAR = 90;
const TOGETHER = 5 * 60 * 1000;

// hooks: look, older(before) -> {messages, more}, read(id), hidden(message), announce(message)
export class Conversation {
  constructor(hooks) {
    this.hooks = hooks;
    this.known = new Map(); // id -> { message, el }
    this.order = [];
    this.pending = new Map(); // key -> { item, el }
    this.readUpTo = 0;
    this.newFrom = null;
    this.missed = 0;
    this.list = h("ol", { class: "messages" });
    this.empty = h("div", { class: "empty" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", role: "log", "aria-live": "off", "aria-label": t("messages") }, this.empty, this.list);
    this.jump = iconButton("down", t("to_newest"), () => this.toEnd(true), { class: "icon-button jump", hidden: true });
    this.count = h("span", { class: "badge", hidden: true });
    this.jump.append(this.count);
    this.el = h("div", { class: "conversation" }, this.scroller, this.jump);
    this.scroller.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    this.sticks = true;
    new ResizeObserver(() => this.sticks && this.toEnd()).observe(this.scroller);
    this.list.addEventListener("load", () => this.sticks && this.toEnd(), true);
    this.looking = () => this.#maybeRead();
    addEventListener("focus", this.looking);
    document.addEventListener("visibilitychange", this.looking);
  }

  leave() {
    removeEventListener("focus", this.looking);
    document.removeEventListener("visibilitychange", this.looking);
  }

  open({ messages, more, read }) {
    this.more = more;
    this.readUpTo = Number(read ?? 0);
    const unread = messages.find((m) => Number(m.id) > this.readUpTo && this.#others(m));
    this.newFrom = this.readUpTo && unread ? unread.id : null;
    for (const message of messages) this.#put(message);
    this.#arrange();
    this.toEnd();
    this.#maybeRead();
  }

  // A message that is new, or as it is now.
  apply(message, quiet) {
    const before = this.known.get(message.id);
    if (before && before.message.seq >= message.seq) return;
    if (!before && this.more && this.order.length && Number(message.id) < Number(this.order[0])) return; // on a page not loaded
    const isNew = !before && (!this.order.length || Number(message.id) > Number(this.order.at(-1)));
    const follow = this.sticks || message.by === this.hooks.look.me;
    const inHand = message.key && this.pending.get(message.key);
    if (inHand) this.#settle(message.key);
    this.#put(message);
    this.#arrange();
    if (isNew && this.#others(message) && !quiet) {
      this.hooks.announce?.(message);
      if (!follow) { this.missed += 1; this.#showJump(); }
    }
    if (isNew && follow) this.toEnd();
    this.#maybeRead();
  }

  // What is on its way, shown after everything that is stored.
  show(item) {
    const old = this.pending.get(item.key);
    const el = this.#render(this.hooks.draft(item));
    if (old) old.el.replaceWith(el);
    this.pending.set(item.key, { item, el });
    this.#arrange();
    if (!old) this.toEnd();
  }

  settle(item, messages) {
    this.#settle(item.key);
    for (const message of messages) this.apply(message, true);
  }

  // How many messages of others were not looked at.
  get unread() {
    let n = 0;
    for (let i = this.order.length - 1; i >= 0 && Number(this.order[i]) > this.readUpTo; i -= 1) n += this.#others(this.known.get(this.order[i]).message) ? 1 : 0;
    return n;
  }

  get newest() {
    return this.order.length ? this.known.get(this.order.at(-1)).message : null;
  }

  lastOwn() {
    for (let i = this.order.length - 1; i >= 0; i -= 1) {
      const { message } = this.known.get(this.order[i]);
      if (message.by === this.hooks.look.me && !message.deleted) return message;
    }
    return null;
  }

  message(id) {
    return this.known.get(String(id))?.message ?? null;
  }

  async goTo(id) {
    for (let i = 0; i < 20 && !this.known.has(id) && this.more; i += 1) await this.loadOlder();
    const el = this.known.get(id)?.el;
    if (!el) return;
    el.scrollIntoView({ block: "center", behavior: "smooth" });
    el.classList.remove("found");
    requestAnimationFrame(() => el.classList.add("found"));
  }

  toEnd(smooth) {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.sticks = true;
  }

  setEmpty(...children) {
    this.emptyWords = children;
    this.#arrange();
  }

  async loadOlder() {
    if (!this.more || this.loading) return;
    this.loading = true;
    try {
      const { messages, more } = await this.hooks.older(this.order[0]);
      this.more = more;
      const from = this.scroller.scrollHeight - this.scroller.scrollTop;
      for (const message of messages) this.#put(message);
      this.#arrange();
      this.scroller.scrollTop = this.scroller.scrollHeight - from;
    } catch {
      // the next scroll asks again
    } finally {
      this.loading = false;
    }
  }

  #others(message) {
    return message.by !== this.hooks.look.me && message.role !== "card" && !message.deleted;
  }

  #put(message) {
    const before = this.known.get(message.id);
    if (before && before.message.seq > message.seq) return;
    const el = this.#render(message);
    if (before) before.el.replaceWith(el);
    else {
      let at = this.order.length;
      while (at > 0 && Number(this.order[at - 1]) > Number(message.id)) at -= 1;
      this.order.splice(at, 0, message.id);
    }
    this.known.set(message.id, { message, el });
  }

  #render(message) {
    return bubble(message, this.hooks.look);
  }

  #settle(key) {
    this.pending.get(key)?.el.remove();
    this.pending.delete(key);
  }

  // Puts everything in its place, with days and groups; elements that are right stay untouched.
  #arrange() {
    const wanted = [];
    let last = null;
    const entries = [...this.order.map((id) => this.known.get(id)), ...[...this.pending.values()].map(({ item, el }) => ({ message: this.hooks.draft(item), el }))];
    for (const { message, el } of entries) {
      if (this.hooks.hidden?.(message)) continue;
      const newDay = !last || !sameDay(last.message.at, message.at);
      if (newDay) wanted.push(this.#divider(`day-${new Date(message.at).toDateString()}`, "day", dayName(message.at)));
      const isFirstNew = message.id && message.id === this.newFrom;
      if (isFirstNew) wanted.push(this.#divider("new", "new", t("new_messages")));
      const joins = last && !newDay && !isFirstNew && kin(last, message, el);
      el.classList.toggle("joins", Boolean(joins));
      last?.el.classList.toggle("joined", Boolean(joins));
      wanted.push(el);
      last = { message, el };
    }
    last?.el.classList.remove("joined");
    const kept = new Set(wanted);
    for (const child of [...this.list.children]) if (!kept.has(child)) child.remove();
    wanted.forEach((el, i) => this.list.children[i] !== el && this.list.insertBefore(el, this.list.children[i] ?? null));
    this.empty.hidden = wanted.length > 0;
    if (!wanted.length) fill(this.empty, ...(this.emptyWords ?? []));
  }

  #divider(key, kind, words) {
    this.dividers ??= new Map();
    let el = this.dividers.get(key);
    if (!el) {
      el = h("li", { class: `divider ${kind}` }, h("span", {}, words));
      this.dividers.set(key, el);
    }
    el.firstChild.textContent = words;
    return el;
  }

  #scrolled() {
    const below = this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight;
    this.sticks = below < NEAR;
    if (this.sticks) this.missed = 0;
    this.#showJump();
    this.#maybeRead();
    if (this.scroller.scrollTop < 400) this.loadOlder();
  }

  #showJump() {
    this.jump.hidden = this.sticks;
    this.count.hidden = !this.missed;
    this.count.textContent = String(this.missed);
  }

  // Only what a focused, visible window showed counts as read.
  #maybeRead() {
    const newest = this.newest;
    if (!newest || !this.sticks || !document.hasFocus() || document.visibilityState !== "visible" || !this.el.isConnected || this.hooks.looking?.() === false) return;
    if (Number(newest.id) <= this.readUpTo) return;
    this.readUpTo = Number(newest.id);
    this.hooks.read(newest.id);
  }
}

function kin(last, message, el) {
  const kind = (node) => node.className.replace(/ (joins|joined|found|album)/g, "");
  if (message.album && message.album === last.message.album) return true;
  return message.at - last.message.at < TOGETHER && message.by === last.message.by && (message.by || message.author === last.message.author) && kind(last.el) === kind(el) && !last.message.buttons;
}
