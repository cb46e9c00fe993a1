// A customer may take the conversation to another messenger, be answered there, and come back.
import { fill, h, icon, iconButton } from "./dom.js";
import { dialog, toast } from "./overlay.js";
import { t } from "./words.js";

export class Elsewhere {
  constructor(api) {
    this.api = api;
    this.offers = [];
    this.button = iconButton("phone", "", () => this.#offer(), { class: "icon-button", hidden: true });
    this.invitation = h("button", { type: "button", class: "pill", hidden: true, onclick: () => this.#offer() });
    this.el = h("div", { class: "elsewhere", role: "status", hidden: true });
  }

  // As the server tells it: where answers go instead, and where they could.
  show({ elsewhere, offers }) {
    this.offers = offers ?? [];
    const words = t("continue_in", { name: this.offers.map((o) => o.name).join(", ") });
    for (const attribute of ["title", "aria-label"]) this.button.setAttribute(attribute, words);
    fill(this.invitation, icon("phone"), words);
    this.button.hidden = !this.offers.length || Boolean(elsewhere);
    this.invitation.hidden = this.button.hidden;
    this.el.hidden = !elsewhere;
    if (!elsewhere) return;
    fill(
      this.el,
      h("span", {}, t("answered_in", { name: elsewhere.name })),
      elsewhere.link ? h("a", { href: elsewhere.link, target: "_blank", rel: "noopener" }, t("open_there", { name: elsewhere.name })) : null,
      h("button", { type: "button", class: "link", onclick: () => this.#comeBack() }, t("answer_here")),
    );
  }

  // The link works once, so it is made when it is wanted.
  async #offer() {
    try {
      const links = await Promise.all(this.offers.map(async ({ to, name }) => ({ name, ...(await this.api.post("continue", { to })) })));
      const opened = dialog(
        t("continue_in", { name: links.map((l) => l.name).join(", ") }),
        h("p", {}, t("continue_about")),
        links.map(({ name, link }) => h("a", { class: "button wide go", href: link, target: "_blank", rel: "noopener", onclick: () => opened.close() }, t("open_there", { name }))),
      );
      opened.querySelector(".go")?.focus();
    } catch (failed) {
      toast(t(failed.status === 0 ? "offline_now" : failed.status === 429 ? "too_fast" : "not_done"), "bad");
    }
  }

  async #comeBack() {
    await this.api.post("answer-here", {}).catch((failed) => toast(t(failed.status === 0 ? "offline_now" : "not_done"), "bad"));
  }
}
