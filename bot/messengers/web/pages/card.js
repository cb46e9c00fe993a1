// The card that opens a thread: it stays on top, its buttons live.
import { fill, h, icon } from "./dom.js";
import { richText } from "./richtext.js";
import { t } from "./words.js";

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
    fill(this.el, h("div", { class: "card-head" }, h("div", { class: "card-text", dir: "auto" }, richText(message.text, message.spans)), fold), h("div", { class: "card-buttons" }, buttons));
  }
}
