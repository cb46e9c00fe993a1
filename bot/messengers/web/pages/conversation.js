// The messages of one chat or thread: order, days, groups, history, what is on its way, how far one has read.
import { bubble } from "./bubble.js";
import { fill, h, iconButton } from "./dom.js";
import { dayName, sameDay } from "./time.js";
import { t } from "./words.js";

const NEAR = 90;
const TOGETHER = 5 * 60 * 1000;
const NEARLY = 600; // so many pixels before an end of what is loaded, more is asked for
const MOST = 300; // messages on the page at once, wherever in a long talk one reads

// What is loaded is a window of the talk: `more` before it, `newer` after it. Scrolling moves it.
// hooks: look, page({before | after}?) -> {messages, more}, read(id), hidden(message), announce(message)
export class Conversation {
  constructor(hooks) {
    this.hooks = hooks;
    this.known = new Map(); // id -> { message, el }
    this.order = [];
    this.pending = new Map(); // key -> { item, el }
    this.readUpTo = 0;
    this.newFrom = null;
    this.missed = 0;
    this.newer = false;
    this.newestBelow = 0; // the newest message of which one has heard and that is not loaded
    this.era = 0;
    this.list = h("ol", { class: "messages" });
    this.empty = h("div", { class: "empty" });
    this.scroller = h("div", { class: "scroller", tabindex: "0", role: "log", "aria-live": "off", "aria-label": t("messages") }, this.empty, this.list);
    this.jump = iconButton("down", t("to_newest"), () => this.#toNewest(), { class: "icon-button jump", hidden: true });
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
    if (!before && this.newer) { this.#below(message, quiet); return; }
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
    if (isNew && follow) { this.#shorten("head"); this.toEnd(); }
    this.#maybeRead();
  }

  // It comes after what is loaded: one's own words are gone to, others' are counted.
  #below(message, quiet) {
    this.newestBelow = Math.max(this.newestBelow, Number(message.id));
    if (message.key) this.#settle(message.key);
    if (message.by === this.hooks.look.me) { this.#toNewest(); return; }
    if (!this.#others(message) || quiet) return;
    this.hooks.announce?.(message);
    this.missed += 1;
    this.#showJump();
  }

  // What is on its way, shown after everything that is stored.
  show(item) {
    const old = this.pending.get(item.key);
    const el = this.#render(this.hooks.draft(item));
    if (old) old.el.replaceWith(el);
    this.pending.set(item.key, { item, el });
    if (this.newer) { if (!old) this.#toNewest(); return; }
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
    return n + (this.newer ? this.missed : 0);
  }

  get newest() {
    return this.order.length && !this.newer ? this.known.get(this.order.at(-1)).message : null;
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
    if (!this.known.has(id)) await this.#loadAround(id);
    const el = this.known.get(id)?.el;
    if (!el) return;
    el.scrollIntoView({ block: "center", behavior: "smooth" });
    el.classList.remove("found");
    requestAnimationFrame(() => el.classList.add("found"));
  }

  toEnd(smooth) {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.sticks = !this.newer;
  }

  setEmpty(...children) {
    this.emptyWords = children;
    this.#arrange();
  }

  // A jump: what is loaded from now on is the page that ends with the message, and the next.
  async #loadAround(id) {
    const { messages, more } = await this.hooks.page({ before: Number(id) + 1 }).catch(() => ({ messages: [] }));
    if (messages.at(-1)?.id !== id) return;
    this.#replace(messages, more, true);
    await this.#load("newer");
  }

  async #toNewest() {
    if (!this.newer) { this.toEnd(true); return; }
    const page = await this.hooks.page({}).catch(() => null);
    if (!page) return;
    this.#replace(page.messages, page.more, false);
    this.missed = 0;
    this.toEnd();
    this.#showJump();
    this.#maybeRead();
  }

  #replace(messages, more, newer) {
    this.known.clear();
    this.order = [];
    this.era += 1;
    for (const message of messages) this.#put(message);
    Object.assign(this, { more, newer: newer || this.#isBehind() });
    this.#arrange();
  }

  // Whether something came while a page was on its way that it doesn't hold.
  #isBehind() {
    return this.newestBelow > Number(this.order.at(-1) ?? 0);
  }

  // The next page on one side; what is too far on the other is let go. What one looks at stays where it is.
  async #load(side) {
    if (this.loading || !(side === "older" ? this.more : this.newer) || !this.order.length) return;
    this.loading = true;
    const { era } = this;
    try {
      const { messages, more } = await this.hooks.page(side === "older" ? { before: this.order[0] } : { after: this.order.at(-1) });
      if (era !== this.era) return;
      const held = this.known.get(side === "older" ? this.order[0] : this.order.at(-1))?.el;
      const top = held?.getBoundingClientRect().top;
      for (const message of messages) this.#put(message);
      if (side === "older") this.more = more;
      else this.newer = more || this.#isBehind();
      this.#shorten(side === "older" ? "tail" : "head");
      this.#arrange();
      if (held?.isConnected) this.scroller.scrollTop += held.getBoundingClientRect().top - top;
    } catch {
      // the next scroll asks again
    } finally {
      this.loading = false;
    }
    this.#scrolled();
  }

  #shorten(end) {
    const extra = this.order.length - MOST;
    if (extra < 50) return;
    const gone = end === "head" ? this.order.splice(0, extra) : this.order.splice(MOST);
    for (const id of gone) this.known.delete(id);
    if (end === "head") this.more = true;
    else this.newer = true;
    this.#arrange();
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
    const entries = [...this.order.map((id) => this.known.get(id)), ...(this.newer ? [] : [...this.pending.values()]).map(({ item, el }) => ({ message: this.hooks.draft(item), el }))];
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
    this.sticks = below < NEAR && !this.newer;
    if (this.sticks) this.missed = 0;
    this.#showJump();
    this.#maybeRead();
    if (this.scroller.scrollTop < NEARLY) this.#load("older");
    else if (below < NEARLY) this.#load("newer");
  }

  #showJump() {
    this.jump.hidden = this.sticks && !this.newer;
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
