// What a person does to a message: the same requests on both pages.
import { randomKey } from "./dom.js";
import { ask, menu, toast } from "./overlay.js";
import { t } from "./words.js";

const WAIT_FOR_ANSWER = 7000;

export class Deeds {
  // hooks: api, chat(), apply(message), reactions(), me
  constructor(hooks) {
    this.hooks = hooks;
    this.presses = new Map();
  }

  async #do(path, body) {
    try {
      const { messages } = await this.hooks.api.post(path, { chat: this.hooks.chat(), ...body });
      for (const message of messages ?? []) this.hooks.apply(message);
      return true;
    } catch (failed) {
      toast(t(failed.status === 0 ? "offline_now" : failed.status === 429 ? "too_fast" : "not_done"), "bad");
      return false;
    }
  }

  change(message, text) {
    return text === message.text ? true : this.#do("edit", { ref: message.id, text });
  }

  react(message, emoji) {
    return this.#do("react", { ref: message.id, emoji });
  }

  async remove(message) {
    if (await ask(t("delete_question"), t("delete"), true)) await this.#do("delete", { ref: message.id });
  }

  // The button shows that it works until the answer comes.
  async press(message, button, el) {
    const key = randomKey();
    el.disabled = true;
    el.classList.add("busy");
    const done = () => { el.disabled = false; el.classList.remove("busy"); this.presses.delete(key); };
    this.presses.set(key, done);
    setTimeout(done, WAIT_FOR_ANSWER);
    if (!(await this.#do("press", { ref: message.id, data: button.data, key }))) done();
  }

  answered({ key, text }) {
    this.presses.get(key)?.();
    if (text) toast(text);
  }

  copy(message) {
    navigator.clipboard?.writeText(message.text).then(() => toast(t("copied")), () => toast(t("not_done"), "bad"));
  }

  // items: what the page adds to what every message can do
  open(message, el, x, y, items) {
    const mine = message.reactions?.find((r) => r.by === this.hooks.me)?.emoji;
    const box = el.querySelector(".bubble").getBoundingClientRect();
    el.classList.add("chosen");
    menu(
      [{ reactions: this.hooks.reactions(), chosen: mine, run: (emoji) => this.react(message, emoji) }, ...items],
      x ?? box.left, y ?? box.bottom + 4, () => el.classList.remove("chosen"),
    );
  }
}
