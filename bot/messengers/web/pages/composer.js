// Where people write: text, files by button, paste or drop, an answer to a message, a change of one's own.
import { coarse, fill, h, icon, iconButton } from "./dom.js";
import { named, PICTURES } from "./files.js";
import { toast } from "./overlay.js";
import { size } from "./time.js";
import { t } from "./words.js";

// hooks: place, api, limits, placeholder(), send({text, reply_to, reply, files}), change(message, text), lastOwn(), who(message)
export class Composer {
  constructor(hooks) {
    this.hooks = hooks;
    this.files = [];
    this.reply = null;
    this.editing = null;
    this.bar = h("div", { class: "bar", hidden: true });
    this.chips = h("ul", { class: "chips", hidden: true });
    this.input = h("textarea", {
      rows: 1, class: "input", dir: "auto", enterkeyhint: coarse() ? "enter" : "send", autocapitalize: "sentences", "aria-label": t("message"),
      oninput: () => this.changed(), onkeydown: (event) => this.#key(event), onpaste: (event) => this.#take(event, event.clipboardData?.files),
    });
    this.picker = h("input", { type: "file", multiple: true, hidden: true, onchange: () => { this.attach(this.picker.files); this.picker.value = ""; } });
    this.clip = iconButton("attach", t("attach"), () => this.picker.click());
    this.go = iconButton("send", t("send"), () => this.submit(), { class: "icon-button send" });
    this.left = h("div", { class: "composer-side" }, this.clip);
    this.right = h("div", { class: "composer-side" }, this.go);
    this.line = h("div", { class: "composer-line" }, this.left, this.input, this.right);
    this.above = h("div", { class: "composer-above" });
    this.el = h("form", { class: "composer", onsubmit: (event) => { event.preventDefault(); this.submit(); } }, this.above, this.bar, this.chips, this.line, this.picker);
    this.clip.addEventListener("pointerenter", () => this.tellLimits(), { once: true });
    this.clip.addEventListener("focus", () => this.tellLimits(), { once: true });
    this.input.value = this.#draft();
    this.changed();
  }

  // Unsent words wait for their writer, over changes of thread and reloads.
  #draft(words) {
    const key = `okno-draft-${this.hooks.place}`;
    try {
      if (words === undefined) return localStorage.getItem(key) ?? "";
      if (words) localStorage.setItem(key, words);
      else localStorage.removeItem(key);
    } catch { /* private windows keep nothing */ }
    return "";
  }

  // Files may be dropped anywhere on `area`.
  catchDrops(area) {
    let depth = 0;
    const bounds = h("small", {});
    const veil = h("div", { class: "veil", hidden: true }, h("span", {}, t("drop_here"), bounds));
    area.append(veil);
    const over = (by) => { bounds.textContent = this.bounds; depth = Math.max(0, depth + by); veil.hidden = depth === 0; };
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    area.addEventListener("dragenter", (event) => hasFiles(event) && (event.preventDefault(), over(1)));
    area.addEventListener("dragleave", (event) => hasFiles(event) && over(-1));
    area.addEventListener("dragover", (event) => hasFiles(event) && event.preventDefault());
    area.addEventListener("drop", (event) => { depth = 0; veil.hidden = true; this.#take(event, event.dataTransfer?.files); });
  }

  // How much may be sent, said before somebody tries.
  get bounds() {
    const { upload, album } = this.hooks.limits() ?? {};
    return upload ? t("file_limits", { most: album, size: size(upload) }) : "";
  }

  // Limits come from the server, after the page is there.
  tellLimits() {
    this.clip.title = `${t("attach")}. ${this.bounds}`;
    this.clip.setAttribute("aria-label", this.clip.title);
  }

  get text() {
    return this.input.value;
  }

  set text(value) {
    this.input.value = value;
    this.changed();
  }

  focus() {
    if (!coarse()) this.input.focus({ preventScroll: true });
  }

  changed() {
    this.input.placeholder = this.hooks.placeholder();
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 220)}px`;
    this.input.classList.toggle("scrolls", this.input.scrollHeight > 220);
    this.go.disabled = !this.ready;
    if (!this.editing) this.#draft(this.text);
    this.hooks.typed?.(this.text);
  }

  get ready() {
    if (this.files.some((f) => !f.stored)) return false;
    return Boolean(this.text.trim()) || (this.files.length > 0 && !this.editing);
  }

  submit() {
    if (!this.ready) return;
    const text = this.text.trim();
    if (text.length > (this.hooks.limits()?.text ?? Infinity)) { toast(t("too_long"), "bad"); return; }
    if (this.editing) {
      this.hooks.change(this.editing, text);
      this.stopEditing();
      return;
    }
    const files = this.files.map((f) => f.stored);
    this.hooks.send({ text, reply_to: this.reply?.id, reply: this.reply, files });
    this.files = [];
    this.#showFiles();
    this.answer(null);
    this.text = "";
    this.input.focus({ preventScroll: true });
  }

  answer(message) {
    if (this.editing) this.stopEditing();
    this.reply = message;
    this.#showBar(message, "reply", message ? this.hooks.who(message) : "", () => this.answer(null));
    if (message) this.input.focus();
    this.changed();
  }

  edit(message) {
    this.reply = null;
    this.kept = this.editing ? this.kept : this.text;
    this.editing = message; // from here on the text is no draft
    this.#showBar(message, "edit", t("editing"), () => this.stopEditing());
    this.text = message.text;
    this.input.focus();
  }

  stopEditing() {
    this.editing = null;
    this.#showBar(null);
    this.text = this.kept ?? "";
    this.kept = "";
  }

  attach(files) {
    const { upload, album } = this.hooks.limits() ?? { album: 0 };
    for (const file of files ?? []) {
      if (!album) break;
      if (this.files.length >= album) { toast(t("too_many_files", { n: album }), "bad"); break; }
      if (file.size > upload) { toast(t("file_too_big", { name: file.name, size: size(upload) }), "bad"); continue; }
      this.#upload(file);
    }
    this.focus();
  }

  async #upload(file) {
    const entry = { file, progress: 0 };
    this.files.push(entry);
    this.#showFiles();
    const { done, abort } = this.hooks.api.upload(file, (part) => { entry.progress = part; if (entry.ring) entry.ring.value = part; });
    entry.abort = abort;
    try {
      entry.stored = await done;
    } catch (failed) {
      this.files = this.files.filter((f) => f !== entry);
      if (failed.code !== "aborted") toast(t(failed.status === 413 ? "file_too_big" : "file_failed", { name: file.name, size: size(this.hooks.limits().upload) }), "bad");
    }
    this.#showFiles();
  }

  #showFiles() {
    this.chips.hidden = !this.files.length;
    fill(this.chips, this.files.map((entry) => {
      entry.ring = entry.stored ? null : h("progress", { max: 1, value: entry.progress, "aria-label": t("uploading") });
      const drop = () => { entry.abort?.(); this.files = this.files.filter((f) => f !== entry); this.#showFiles(); };
      return h("li", { class: `chip${entry.stored ? "" : " going"}` }, this.#preview(entry), h("span", { class: "chip-name" }, entry.file.name || t("kind.document")), entry.ring ?? h("span", { class: "chip-size" }, size(entry.file.size)), iconButton("close", t("remove_file"), drop));
    }));
    this.changed();
  }

  #preview(entry) {
    const image = entry.stored ? PICTURES.has(entry.stored.mime) : PICTURES.has(entry.file.type);
    if (!image) return h("span", { class: "file-icon" }, icon("file"));
    entry.picture ??= h("img", { src: URL.createObjectURL(entry.file), alt: "", onload: ({ target }) => URL.revokeObjectURL(target.src) });
    return entry.picture;
  }

  #showBar(message, kind, title, cancel) {
    this.bar.hidden = !message;
    if (!message) return;
    fill(this.bar, icon(kind), h("div", { class: "bar-words" }, h("b", {}, title), h("span", {}, message.text || named(message.kind))), iconButton("close", t("cancel"), cancel));
  }

  #take(event, files) {
    if (!files?.length) return;
    event.preventDefault();
    this.attach(files);
  }

  #key(event) {
    if (this.hooks.key?.(event)) return;
    if (event.isComposing) return;
    if (event.key === "Enter" && !event.shiftKey && !event.altKey && (!coarse() || event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.submit();
    } else if (event.key === "Escape" && (this.editing || this.reply)) {
      event.preventDefault();
      if (this.editing) this.stopEditing();
      else this.answer(null);
    } else if (event.key === "ArrowUp" && !this.text && !this.editing) {
      const last = this.hooks.lastOwn();
      if (last?.text) { event.preventDefault(); this.edit(last); }
    }
  }
}
