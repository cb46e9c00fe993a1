// One thread of a desk, or the desk at large: its card, its messages, and the composer that says where words go.
import { Card } from "./card.js";
import { Composer } from "./composer.js";
import { Conversation } from "./conversation.js";
import { add, fill, h, icon, iconButton } from "./dom.js";
import { say } from "./overlay.js";
import { Palette } from "./palette.js";
import { avatar, parts } from "./threads.js";
import { t } from "./words.js";

const WRITING_EVERY = 3000;
const WRITING_LASTS = 6000;
const COMMAND = /^[/!]\p{L}/u;
const TYPING_COMMAND = /^[/!](\p{L}|$)/u;

export class ThreadView {
  // office: { api, deeds, outbox, state, desk, thread, list, back, read, writing }
  constructor(office) {
    Object.assign(this, office, { chat: office.desk.chat, note: false, toCustomer: false });
    this.me = this.state.me.id;
    this.card = new Card((message, button, el) => this.deeds.press(message, button, el));
    this.conversation = new Conversation({
      look: this.#look(),
      draft: (item) => this.#draft(item),
      hidden: (m) => m.role === "card" && this.thread !== "",
      page: (where) => this.api.get("messages", { chat: this.chat, thread: this.thread, ...where }),
      read: (id) => this.read(id),
      announce: (m) => say(`${this.#who(m)}: ${m.text ?? ""}`),
    });
    this.#composer();
    this.draftAtFirst = this.composer.text;
    this.head = h("header", { class: "thread-top" });
    this.el = h("div", { class: "thread-view" }, this.head, this.card.el, this.conversation.el, this.composer.el);
    this.composer.catchDrops(this.el);
    this.titled();
  }

  async open(ref) {
    const page = await this.api.get("messages", { chat: this.chat, thread: this.thread });
    if (page.card) { this.card.show(page.card); this.composer.changed(); }
    this.conversation.setEmpty(h("p", {}, t(this.thread ? "nothing_yet" : "general_empty")));
    this.conversation.open(page);
    this.show(ref);
    this.composer.focus();
  }

  // A find may be the card itself, which is always there.
  show(ref) {
    if (ref && ref !== this.card.message?.id) this.conversation.goTo(ref);
  }

  holds(chat, thread) {
    return chat === this.chat && (thread ?? "") === this.thread;
  }

  leave() {
    this.conversation.leave();
  }

  apply(message) {
    if (message.role === "card" && this.thread) { this.card.show(message); this.composer.changed(); }
    else this.conversation.apply(message);
    if (this.writers?.delete(message.by)) this.#showWriters();
  }

  pending(item) {
    this.conversation.show(item);
    const el = this.conversation.pending.get(item.key)?.el;
    if (item.state !== "failed" || !el) return;
    const discard = () => { this.outbox.drop(item); this.conversation.settle(item, []); };
    el.append(h("div", { class: "failure" }, h("span", {}, t(`failed.${item.why}`)), h("button", { type: "button", class: "link", onclick: () => this.outbox.again(item) }, t("try_again")), h("button", { type: "button", class: "link", onclick: discard }, t("discard"))));
  }

  settle(item, messages) {
    this.conversation.settle(item, messages);
  }

  // The title follows the list, which learns of renaming and closing.
  titled() {
    const thread = this.thread ? this.list.thread(this.thread) : null;
    this.title = parts(thread?.title ?? "");
    const { name, subject, number } = this.title;
    const shown = this.thread ? [avatar(name), h("div", { class: "top-words" }, h("h2", {}, name || "…", number ? h("span", { class: "thread-number" }, ` #${number}`) : null), h("span", { class: "subtitle" }, thread?.closed ? t("closed_sign") : subject))] : [h("span", { class: "avatar general-sign" }, "#"), h("div", { class: "top-words" }, h("h2", {}, t("general")), h("span", { class: "subtitle" }, this.desk.title))];
    fill(this.head, iconButton("back", t("back"), this.back, { class: "icon-button back" }), shown);
    this.el?.classList.toggle("is-closed", Boolean(thread?.closed));
    this.composer.changed();
  }

  // what messages look like

  #look() {
    return {
      side: "s",
      me: this.me,
      variant: (m) => this.#variant(m),
      name: (m) => (m.by && m.by !== this.me ? m.author : m.by ? "" : m.author ?? ""),
      state: (m) => (!m.id ? m.state : m.by && m.mark ? m.mark : ""),
      words: (m) => (this.#isNote(m) ? { text: m.text.slice(this.state.note_prefix.length).trimStart() } : m),
      sign: (m) => (this.#isNote(m) ? "note" : ""),
      plain: (m) => m.role === "bot" && COMMAND.test(m.reply.text ?? ""), // an answer to a command says enough
      quoted: (r) => this.#who(r),
      menu: (m) => (m.id && !m.deleted ? this.#choices(m) : []),
      onquote: (id) => this.conversation.goTo(id),
      onpress: (m, button, el) => this.deeds.press(m, button, el),
      onmenu: (m, el, x, y) => this.deeds.open(m, el, x, y, this.#choices(m)),
    };
  }

  #variant(m) {
    if (m.role !== "message") return m.role === "card" ? "other" : "line";
    if (m.id && !m.by) return "other";
    const whose = m.by === this.me || !m.id ? "own" : "own colleague";
    if (m.deleted) return whose;
    if (this.#isNote(m)) return `${whose} note`;
    if (COMMAND.test(m.text ?? "")) return `${whose} command`;
    return this.thread && this.#stays(m) ? `${whose} inside` : whose;
  }

  #isNote(m) {
    return Boolean(m.text?.startsWith(this.state.note_prefix)) && (Boolean(m.by) || !m.id);
  }

  // An agent's words that reach nobody outside, by the rule of the desk.
  #stays(m) {
    if (m.mark) return false;
    if (m.reply && (m.reply.by || m.reply.role !== "message")) return m.reply.by !== "" || this.desk.mirror === "replies";
    return this.desk.mirror === "replies" && !m.reply;
  }

  #who(m) {
    if (m.by === this.me) return t("you");
    if (m.by) return m.author;
    return m.role === "message" ? this.title?.name || t("customer") : m.role === "card" ? t("card") : "Okno";
  }

  #draft(item) {
    const files = item.files?.map((f) => ({ ...f, url: `/web/files/${f.token}/${encodeURIComponent(f.name || "file")}` }));
    return { key: item.key, by: this.me, role: "message", at: item.at, text: item.text, files, reply: item.reply, state: item.state };
  }

  #choices(m) {
    const own = m.by === this.me;
    const held = own && this.thread && !m.mark && !COMMAND.test(m.text ?? "") && (this.desk.mirror === "replies" || this.#isNote(m));
    return [
      { icon: "reply", label: t("reply"), run: () => this.composer.answer(m) },
      held && { icon: "outside", label: t("to_customer"), run: () => this.#sendOn(m) },
      m.text && { icon: "copy", label: t("copy"), run: () => this.deeds.copy(m) },
      own && m.text && { icon: "edit", label: t("edit"), run: () => this.composer.edit(m) },
      own && { icon: "trash", label: t("delete"), danger: true, run: () => this.deeds.remove(m) },
    ].filter(Boolean);
  }

  #sendOn(m) {
    const { text } = this.#look().words(m);
    this.#post({ text: `/${this.state.answer_command} ${text ?? ""}`.trim(), files: m.files });
  }

  // the composer

  #composer() {
    this.noteButton = iconButton("note", t("note"), () => this.#toggle("note"), { class: "icon-button toggle note-toggle", "aria-pressed": "false" });
    this.customerButton = iconButton("outside", t("to_customer"), () => this.#toggle("toCustomer"), { class: "icon-button toggle customer-toggle", "aria-pressed": "false" });
    this.goal = h("span", { class: "goal", "aria-live": "polite" });
    const where = this.thread ? "thread" : "desk";
    this.palette = new Palette({
      active: (id) => {
        const input = this.composer?.input;
        if (id) input?.setAttribute("aria-activedescendant", id);
        else input?.removeAttribute("aria-activedescendant");
      },
      commands: () => this.state.commands.filter((c) => c.where === where),
      choose: (command) => { this.composer.text = `/${command.name}${command.usage === command.name ? "" : " "}`; this.composer.input.focus(); },
    });
    this.composer = new Composer({
      place: `${this.chat}/${this.thread}`,
      api: this.api,
      limits: () => this.state.limits,
      placeholder: () => this.#placeholder(),
      send: (draft) => this.#write(draft),
      change: (message, text) => this.deeds.change(message, text),
      lastOwn: () => this.conversation.lastOwn(),
      who: (m) => this.#who(m),
      typed: (text) => { this.palette.look(text); this.#aim(); this.#sayWriting(text); },
      key: (event) => this.palette.key(event),
    });
    this.others = h("span", { class: "others", role: "status" });
    this.composer.input.setAttribute("aria-controls", "palette");
    this.composer.input.setAttribute("aria-autocomplete", "list");
    add(this.composer.above, [this.palette.el, h("div", { class: "above-line" }, this.goal, this.others)]);
    if (this.thread) {
      this.composer.left.append(this.noteButton);
      if (this.desk.mirror === "replies") this.composer.left.append(this.customerButton);
    }
  }

  // Colleagues learn that one writes here, and the other way round; the customer, when it is for them.
  #sayWriting(text) {
    if (!this.composer || !text || Date.now() - (this.saidWriting ?? 0) < WRITING_EVERY || text === this.draftAtFirst) return;
    this.saidWriting = Date.now();
    this.writing(this.chat, this.thread, this.composer.editing ? false : this.#aimOf(text) === "customer");
  }

  colleagueWrites(by, name) {
    this.writers ??= new Map();
    clearTimeout(this.writers.get(by)?.timer);
    const gone = () => { this.writers.delete(by); this.#showWriters(); };
    this.writers.set(by, { name, timer: setTimeout(gone, WRITING_LASTS) });
    this.#showWriters();
  }

  #showWriters() {
    const names = [...this.writers.values()].map((w) => w.name);
    this.others.textContent = names.length ? t(names.length > 1 ? "they_write" : "writes", { name: names.join(", ") }) : "";
  }

  takeNote() {
    if (this.thread && !this.note) this.#toggle("note");
    this.composer.input.focus();
  }

  #toggle(what) {
    const on = !this[what];
    this.note = what === "note" && on;
    this.toCustomer = what === "toCustomer" && on;
    this.noteButton.setAttribute("aria-pressed", String(this.note));
    this.customerButton.setAttribute("aria-pressed", String(this.toCustomer));
    this.composer.changed();
    this.composer.input.focus();
  }

  // Where the words would go: customer, note, inside, command, desk; left: nowhere, the talk goes on elsewhere.
  #aimOf(text) {
    const { state, desk } = this;
    if (this.note || text.startsWith(state.note_prefix)) return "note";
    if (TYPING_COMMAND.test(text)) return text.slice(1).startsWith(`${state.answer_command} `) ? "customer" : "command";
    if (!this.thread) return "desk";
    if (this.card.message && !this.card.message.buttons) return "left";
    if (this.toCustomer) return "customer";
    const target = this.composer?.reply;
    if (target && (target.by || target.role !== "message")) return desk.mirror === "replies" || this.#isNote(target) ? "inside" : "customer";
    return desk.mirror === "replies" && !target ? "inside" : "customer";
  }

  #aim() {
    if (!this.composer) return;
    const editing = this.composer.editing;
    const aim = editing ? "editing" : this.#aimOf(this.composer.text);
    this.composer.el.dataset.aim = aim;
    fill(this.goal, editing ? null : [icon({ customer: "outside", note: "note", inside: "note", command: "hash", desk: "hash", left: "alert" }[aim]), t(`aim.${aim}`)]);
  }

  #placeholder() {
    if (!this.thread) return t("write_desk");
    if (this.note) return t("write_note");
    return this.composer && this.#aimOf("") === "inside" ? t("write_inside") : t("write_answer");
  }

  #write({ text, reply_to, reply, files }) {
    let words = text;
    if (this.note && !words.startsWith(this.state.note_prefix)) words = `${this.state.note_prefix} ${words}`.trim();
    else if (this.toCustomer && !COMMAND.test(words)) words = `/${this.state.answer_command} ${words}`.trim();
    this.#post({ text: words, reply_to, reply, files });
    if (this.note) this.#toggle("note");
    if (this.toCustomer) this.#toggle("toCustomer");
  }

  #post({ text, reply_to, reply, files }) {
    const quoted = reply && { id: reply.id, by: reply.by, author: reply.author, role: reply.role, text: reply.text, kind: reply.kind };
    this.outbox.add({ chat: this.chat, thread: this.thread, text, reply_to, reply: quoted, files: files ?? [] });
    this.conversation.toEnd();
  }
}
