// The card that opens a thread: it stays on top, its buttons live.
import { fill, h, icon } from "./dom.js";
import { richText } from "./richtext.js";
import { t } from "./words.js";

// What the card says, line by line.
function lines({ text, spans = [] }) {
  let at = 0;
  return text.split("\n").map((line) => {
    const from = at;
    const length = Array.from(line).length;
    at += length + 1;
    const within = spans.map(([kind, start, n, value]) => [kind, Math.max(start - from, 0), Math.min(start + n - from, length) - Math.max(start - from, 0), value]);
    return h("p", { dir: "auto" }, richText(line, within.filter(([, start, n]) => n > 0 && start < length)));
  });
}

export class Card {
  constructor(onpress) {
    this.onpress = onpress;
    this.message = null;
    this.folded = matchMedia("(max-width: 760px)").matches;
    this.el = h("section", { class: "card", "aria-label": t("card"), hidden: true });
  }

  show(message) {
    if (message && this.message && Number(message.id) < Number(this.message.id)) return;
    if (message && this.message?.id === message.id && this.message.seq >= message.seq) return;
    this.message = message?.deleted ? null : message;
    this.#draw();
  }

  #draw() {
    const { message } = this;
    this.el.hidden = !message;
    if (!message) return;
    this.el.classList.toggle("folded", this.folded);
    const fold = h("button", { type: "button", class: "icon-button fold", "aria-expanded": String(!this.folded), "aria-label": t("card"), title: t("card"), onclick: () => { this.folded = !this.folded; this.#draw(); } }, icon("chevron"));
    const buttons = (message.buttons ?? []).map((row) => h("div", { class: "card-row" }, row.map((b) => h("button", { type: "button", class: "card-button", onclick: (event) => this.onpress(message, b, event.currentTarget) }, b.label))));
    fill(this.el, h("div", { class: "card-head" }, h("div", { class: "card-text" }, lines(message)), fold), h("div", { class: "card-buttons" }, buttons));
  }
}
