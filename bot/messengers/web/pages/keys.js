// Keyboard shortcuts of the staff page, and the list of them.
import { h } from "./dom.js";
import { dialog } from "./overlay.js";
import { t } from "./words.js";

const MAC = /Mac|iPhone|iPad/.test(navigator.userAgent);
const SHOWN = [
  [[MAC ? "⌘" : "Ctrl", "K"], "keys.search"],
  [["Alt", "↓"], "keys.next"],
  [["Alt", "↑"], "keys.previous"],
  [["R"], "keys.answer"],
  [["N"], "keys.note"],
  [["1", "…", "9"], "keys.desk"],
  [["/"], "keys.command"],
  [["↑"], "keys.edit"],
  [["Esc"], "keys.leave"],
  [["?"], "keys.help"],
];

const typing = (event) => event.target.closest?.("input, textarea, [contenteditable]");

// does: search(), step(by), answer(start), note(), desk(index), leave()
export function listenToKeys(does) {
  addEventListener("keydown", (event) => {
    if (event.isComposing || event.defaultPrevented || document.querySelector("dialog[open], .menu")) return;
    const act = chosen(event, does);
    if (!act) return;
    event.preventDefault();
    act();
  });
}

function chosen(event, does) {
  const { key } = event;
  if ((event.ctrlKey || event.metaKey) && !event.altKey) return event.code === "KeyK" ? does.search : null;
  if (event.altKey) return key === "ArrowDown" ? () => does.step(1) : key === "ArrowUp" ? () => does.step(-1) : null;
  if (key === "Escape") return does.leave;
  if (typing(event)) return null;
  if (key === "?") return showKeys;
  if (key === "/") return () => does.answer("/");
  if (/^[1-9]$/.test(key)) return () => does.desk(Number(key) - 1);
  return { KeyR: () => does.answer(""), KeyN: does.note, KeyJ: () => does.step(1), KeyK: () => does.step(-1) }[event.code] ?? null;
}

export function showKeys() {
  dialog(t("keys.title"), h("dl", { class: "keys-list" }, SHOWN.map(([keys, about]) => [h("dt", {}, keys.map((k) => (k === "…" ? " … " : h("kbd", {}, k)))), h("dd", {}, t(about))])));
}
