// What lies over the page for a moment: menus, questions, short messages.
import { h, icon, iconButton } from "./dom.js";
import { t } from "./words.js";

const shelf = h("div", { class: "toasts", role: "status", "aria-live": "polite" });
const voice = h("div", { class: "unseen", "aria-live": "polite" });

export function toast(words, kind = "") {
  if (!shelf.isConnected) document.body.append(shelf);
  const el = h("div", { class: `toast ${kind}` }, words);
  shelf.append(el);
  setTimeout(() => el.classList.add("leaving"), 4200);
  setTimeout(() => el.remove(), 4600);
}

// For those who listen instead of looking.
export function say(words) {
  if (!voice.isConnected) document.body.append(voice);
  voice.textContent = words;
}

// items: { icon, label, run, danger } or { reactions, chosen, run }
export function menu(items, x, y, onclose) {
  const opener = document.activeElement;
  const el = h("div", { class: "menu", role: "menu" }, items.map((item) => (item.reactions ? row(item) : entry(item))));
  const close = () => {
    el.remove();
    shade.remove();
    onclose?.();
    opener?.focus?.({ preventScroll: true });
  };
  const shade = h("div", { class: "menu-shade", onclick: close, oncontextmenu: (event) => { event.preventDefault(); close(); } });

  function entry(item) {
    return h("button", { type: "button", role: "menuitem", class: item.danger ? "danger" : "", onclick: () => { close(); item.run(); } }, icon(item.icon), item.label);
  }

  function row(item) {
    return h(
      "div",
      { class: "menu-reactions" },
      item.reactions.map((emoji) =>
        h("button", { type: "button", role: "menuitem", "aria-label": t("react_with", { emoji }), "aria-pressed": String(emoji === item.chosen), onclick: () => { close(); item.run(emoji === item.chosen ? null : emoji); } }, emoji)),
    );
  }

  el.addEventListener("keydown", (event) => {
    const all = [...el.querySelectorAll("button")];
    const at = all.indexOf(document.activeElement);
    if (event.key === "Escape" || event.key === "Tab") { event.preventDefault(); close(); }
    else if (event.key === "ArrowDown" || event.key === "ArrowRight") { event.preventDefault(); all[(at + 1) % all.length].focus(); }
    else if (event.key === "ArrowUp" || event.key === "ArrowLeft") { event.preventDefault(); all[(at - 1 + all.length) % all.length].focus(); }
  });
  document.body.append(shade, el);
  const box = el.getBoundingClientRect();
  const left = Math.min(Math.max(8, x), innerWidth - box.width - 8);
  const top = y + box.height > innerHeight - 8 ? Math.max(8, y - box.height) : y;
  el.style.left = `${left}px`;
  el.style.top = `${top}px`;
  el.querySelector("button")?.focus({ preventScroll: true });
}

// A window with a heading over the page, closed by its button, Escape or a click beside it.
export function dialog(title, ...inside) {
  const el = h("dialog", { class: "ask window", "aria-label": title }, h("div", { class: "window-head" }, h("h2", {}, title), iconButton("close", t("close"), () => el.close())), ...inside);
  el.addEventListener("close", () => el.remove());
  el.addEventListener("click", (event) => event.target === el && el.close());
  document.body.append(el);
  el.showModal();
  return el;
}

export function ask(words, yes, danger) {
  return new Promise((resolve) => {
    const dialog = h(
      "dialog",
      { class: "ask" },
      h("p", {}, words),
      h(
        "div",
        { class: "ask-buttons" },
        h("button", { type: "button", class: "button quiet", onclick: () => dialog.close("") }, t("cancel")),
        h("button", { type: "button", class: `button ${danger ? "danger" : ""}`, onclick: () => dialog.close("yes") }, yes),
      ),
    );
    dialog.addEventListener("close", () => { dialog.remove(); resolve(dialog.returnValue === "yes"); });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
    document.body.append(dialog);
    dialog.showModal();
  });
}
