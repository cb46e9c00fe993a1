// Which threads the list shows: all, one's own, those that wait, and so on; and the search over all desks.
import { fill, h, icon } from "./dom.js";
import { t } from "./words.js";

export const FILTERS = ["", "mine", "unanswered", "snoozed", "closed"];
const PAUSE = 250;

export class Filters {
  // hooks: choose(filter), search(words), clear()
  constructor(hooks) {
    this.hooks = hooks;
    this.chosen = "";
    this.input = h("input", { type: "search", class: "search-input", placeholder: t("search"), "aria-label": t("search_about"), autocomplete: "off", oninput: () => this.#typed(), onkeydown: (event) => this.#key(event) });
    this.row = h("div", { class: "filters", role: "group", "aria-label": t("filters") });
    this.el = h("div", { class: "finder" }, h("label", { class: "search" }, icon("search"), this.input), this.row);
    this.#draw();
  }

  choose(filter) {
    this.chosen = filter;
    this.#draw();
    this.hooks.choose(filter);
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  clear() {
    if (!this.input.value) return;
    this.input.value = "";
    this.hooks.clear();
  }

  #typed() {
    clearTimeout(this.timer);
    const words = this.input.value.trim();
    this.row.hidden = Boolean(words);
    if (!words) this.hooks.clear();
    else this.timer = setTimeout(() => this.hooks.search(words), PAUSE);
  }

  #key(event) {
    if (event.key !== "Escape") return;
    event.preventDefault();
    this.clear();
    this.row.hidden = false;
    this.input.blur();
  }

  #draw() {
    const focused = this.row.contains(document.activeElement);
    fill(this.row, FILTERS.map((filter) => h("button", { type: "button", class: "filter", "aria-pressed": String(filter === this.chosen), onclick: () => this.choose(filter) }, t(`filter.${filter || "all"}`))));
    if (focused) this.row.querySelector("[aria-pressed=true]")?.focus();
  }
}
