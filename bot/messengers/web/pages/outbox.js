// What was written and is not stored yet. It survives a reload; its key makes a repeat harmless.
import { randomKey } from "./dom.js";

export class Outbox {
  constructor(api, name, hooks) {
    this.api = api;
    this.place = `okno-outbox-${name}`;
    this.hooks = hooks; // changed(item), stored(item, messages), slow(seconds), ready()?
    this.items = this.#load();
    this.busy = false;
    this.wait = 0;
    addEventListener("online", () => this.push());
    if (this.items.length) setTimeout(() => this.push(), 0);
  }

  add(draft) {
    const item = { key: randomKey(), at: Date.now(), state: "sending", ...draft };
    this.items.push(item);
    this.#save();
    this.hooks.changed(item);
    this.push();
    return item;
  }

  again(item) {
    item.state = "sending";
    this.#save();
    this.hooks.changed(item);
    this.push();
  }

  drop(item) {
    this.items = this.items.filter((i) => i !== item);
    this.#save();
  }

  async push() {
    clearTimeout(this.timer);
    if (this.busy || this.hooks.ready?.() === false) return;
    this.busy = true;
    try {
      for (let item; (item = this.items.find((i) => i.state === "sending")); ) await this.#send(item);
      this.wait = 0;
    } catch (failed) {
      this.wait = failed.after ? failed.after * 1000 : Math.min(15000, this.wait * 2 || 700);
      if (failed.status === 429) this.hooks.slow(Math.ceil(this.wait / 1000));
      this.timer = setTimeout(() => this.push(), this.wait);
    } finally {
      this.busy = false;
    }
  }

  // Raises only what may pass; everything else is shown at the message.
  async #send(item) {
    const { key, chat, thread, text, reply_to, files } = item;
    try {
      const { messages } = await this.api.post("messages", { key, chat, thread, text, reply_to, files: (files ?? []).map((f) => f.token), context: this.hooks.context?.() });
      this.drop(item);
      this.hooks.stored(item, messages);
    } catch (failed) {
      if (failed.passing ?? true) throw failed;
      if (failed.status === 401 && await this.hooks.knock?.(failed.code)) return;
      item.state = "failed";
      item.why = failed.status === 413 ? "too_long" : failed.status === 401 ? "signed_out" : "refused";
      this.#save();
      this.hooks.changed(item);
    }
  }

  #load() {
    try {
      return JSON.parse(localStorage.getItem(this.place) ?? "[]");
    } catch {
      return [];
    }
  }

  #save() {
    try {
      localStorage.setItem(this.place, JSON.stringify(this.items));
    } catch { /* private windows keep nothing; then it lives as long as the page */ }
  }
}
