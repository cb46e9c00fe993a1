// In front of the staff page: a link signs in when its button is pressed, so that previews don't use it up.
import { fill, h } from "./dom.js";
import { t } from "./words.js";

function sheet(...inside) {
  return h("main", { class: "sheet" }, h("div", { class: "sheet-box" }, h("img", { src: new URL("icon.svg", import.meta.url).href, alt: "", width: 56, height: 56 }), ...inside));
}

export function askToSignIn(app, api, token, then) {
  const trouble = h("p", { class: "trouble", role: "alert" });
  const button = h("button", { type: "button", class: "button wide", onclick: signIn }, t("sign_in"));
  async function signIn() {
    button.disabled = true;
    fill(trouble);
    try {
      await api.post("signin", { token });
      history.replaceState(null, "", "/staff");
      then();
    } catch (failed) {
      button.disabled = false;
      fill(trouble, t(failed.status === 403 ? "link_void" : failed.status === 429 ? "too_fast" : "offline_now"));
      if (failed.status === 403) { history.replaceState(null, "", "/staff"); howToGetIn(app, t("link_void")); }
    }
  }
  fill(app, sheet(h("h1", {}, t("staff_title")), h("p", {}, t("sign_in_about")), button, trouble));
  button.focus();
}

export function howToGetIn(app, why) {
  const [before, after] = t("get_link").split("{command}");
  fill(app, sheet(h("h1", {}, t("staff_title")), why ? h("p", { class: "trouble", role: "alert" }, why) : null, h("p", {}, before, h("code", {}, t("invite_command")), after)));
}
