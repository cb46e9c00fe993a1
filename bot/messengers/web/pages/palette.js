// The list of commands that opens while "/" is typed.
import { fill, h } from "./dom.js";
import { t } from "./words.js";

// hooks: commands() -> [{name, usage, about}], choose(command), active(id of the chosen option, or null)
export class Palette {
  constructor(hooks) {
    this.hooks = hooks;
    this.at = 0;
    this.found = [];
    this.el = h("ul", { class: "palette", role: "listbox", id: "palette", "aria-label": t("keys.command"), tabindex: "0", hidden: true });
  }

  // What matches the text; only its first word is looked at, and only until a space follows.
  look(text) {
    const typed = text.match(/^[/!](\S*)$/)?.[1].toLowerCase();
    if (typed !== this.chosen) this.chosen = null;
    this.found = typed === undefined || this.chosen ? [] : this.hooks.commands().filter((c) => c.name.startsWith(typed) || c.about.toLowerCase().includes(typed) && typed.length > 2);
    this.at = 0;
    this.#draw();
  }

  // Whether the key was meant for the list.
  key(event) {
    if (!this.found.length || event.isComposing) return false;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.at = (this.at + (event.key === "ArrowDown" ? 1 : -1) + this.found.length) % this.found.length;
      this.#draw();
    } else if (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey)) {
      this.#choose(this.found[this.at]);
    } else if (event.key === "Escape") {
      this.found = [];
      this.#draw();
    } else return false;
    event.preventDefault();
    return true;
  }

  #choose(command) {
    this.chosen = command.name; // what was chosen is not offered again
    this.found = [];
    this.#draw();
    this.hooks.choose(command);
  }

  #draw() {
    this.el.hidden = !this.found.length;
    fill(this.el, this.found.map((command, i) =>
      h(
        "li",
        { role: "option", id: `palette-${i}`, "aria-selected": String(i === this.at), class: i === this.at ? "at" : "", onmousedown: (event) => { event.preventDefault(); this.#choose(command); } },
        h("code", {}, `/${command.name}`, h("i", {}, command.usage.slice(command.name.length))),
        h("span", {}, command.about),
      )));
    this.hooks.active(this.found.length ? `palette-${this.at}` : null);
    this.el.children[this.at]?.scrollIntoView({ block: "nearest" });
  }
}
