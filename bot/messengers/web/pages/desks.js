// The desks as tabs with how many of their threads hold something unread.
import { fill, h } from "./dom.js";
import { t } from "./words.js";

function badge({ unread, general }) {
  if (unread) return h("span", { class: "badge", "aria-label": t("unread_threads", { n: unread }) }, String(unread + general));
  return general ? h("span", { class: "badge", "aria-label": t("unread", { n: general }) }, String(general)) : null;
}

export class Desks {
  constructor(onchoose) {
    this.onchoose = onchoose;
    this.current = null;
    this.desks = [];
    this.el = h("div", { class: "desks", role: "group", "aria-label": t("desks") });
  }

  show(desks) {
    this.desks = desks;
    const focused = this.el.contains(document.activeElement);
    fill(this.el, desks.map((desk) =>
      h(
        "button",
        { type: "button", class: `desk${desk.chat === this.current ? " current" : ""}`, "aria-current": desk.chat === this.current ? "true" : null, onclick: () => this.onchoose(desk.chat) },
        desk.icon ? h("span", { class: "desk-icon", "aria-hidden": "true" }, desk.icon) : null,
        h("span", {}, desk.title),
        badge(desk),
      )));
    if (focused) this.el.querySelector(".current")?.focus();
  }

  choose(chat) {
    this.current = chat;
    this.show(this.desks);
  }
}
