// One message as an element. What it may do comes from `look`, so that both pages share it.
import { coarse, h, icon } from "./dom.js";
import { attachments, named } from "./files.js";
import { richText } from "./richtext.js";
import { clockTime, wholeTime } from "./time.js";
import { t } from "./words.js";

// look: { me, side, name(message), sign(message)?, state(message), variant(message), quoted(reply), plain(message)?, words(message)?, onquote, onpress, onmenu }
export function bubble(message, look) {
  const variant = look.variant(message);
  const el = h("li", { class: `msg ${variant}${message.album ? " album" : ""}`, "data-id": message.id ?? message.key });
  if (message.deleted) {
    add(el, h("div", { class: "bubble gone" }, h("span", { class: "text" }, t("deleted")), meta(message, look)));
    return el;
  }
  const author = look.name(message);
  const box = h("div", { class: "bubble" });
  if (author) box.append(h("div", { class: "author" }, author));
  const sign = look.sign?.(message);
  if (sign) box.append(h("div", { class: "sign" }, icon(sign), t(sign)));
  if (message.forwarded) box.append(h("div", { class: "forwarded" }, t("forwarded", { from: message.forwarded })));
  if (message.reply && !look.plain?.(message)) box.append(quote(message.reply, look));
  const shown = attachments(message);
  if (shown.length) {
    box.classList.add("with-files");
    if (shown.at(-1).matches(".picture-button, .video")) box.classList.add("with-picture");
    box.append(...shown);
  }
  const text = words(message, look);
  if (text) box.append(text);
  else box.classList.add("bare");
  box.append(meta(message, look));
  add(el, box);
  if (message.id) el.append(actions(message, look, el));
  if (message.reactions) el.append(reactions(message.reactions, look));
  if (message.buttons) el.append(keyboard(message, look));
  return el;
}

function add(el, child) {
  el.append(child);
}

function words(message, look) {
  const { text, spans } = look.words?.(message) ?? message;
  if (text) return h("div", { class: "text", dir: "auto" }, richText(text, spans));
  if (message.label) return h("div", { class: "text label" }, message.label);
  return null;
}

function quote(reply, look) {
  const line = reply.deleted ? t("deleted") : reply.quote || reply.text || named(reply.kind);
  return h(
    "button",
    { type: "button", class: "quote", onclick: () => look.onquote(reply.id) },
    h("span", { class: "quote-author" }, look.quoted(reply)),
    h("span", { class: "quote-text" }, line),
  );
}

const STATES = {
  sending: ["clock", "state.sending"],
  sent: ["check", "state.sent"],
  received: ["checks", "state.received"],
  delivered: ["check", "state.delivered"],
  seen: ["checks", "state.seen"],
  failed: ["alert", "state.failed"],
};

function meta(message, look) {
  const state = message.deleted ? "" : look.state(message);
  return h(
    "span",
    { class: `meta${state ? ` is-${state}` : ""}` },
    message.edited && !message.deleted ? h("span", {}, t("edited")) : null,
    h("time", { datetime: new Date(message.at).toISOString(), title: wholeTime(message.at) }, clockTime(message.at)),
    state ? icon(STATES[state][0], t(STATES[state][1])) : null,
  );
}

function reactions(list, look) {
  const counts = new Map();
  for (const { by, emoji } of list) {
    const found = counts.get(emoji) ?? { n: 0, mine: false };
    counts.set(emoji, { n: found.n + 1, mine: found.mine || by === look.me });
  }
  return h(
    "div",
    { class: "reactions" },
    [...counts].map(([emoji, { n, mine }]) => h("span", { class: `reaction${mine ? " mine" : ""}` }, emoji, n > 1 ? h("b", {}, String(n)) : null)),
  );
}

function keyboard(message, look) {
  return h(
    "div",
    { class: "keyboard" },
    message.buttons.map((row) =>
      h(
        "div",
        { class: `keys${row.every((b) => b.label.length <= 2) ? " short" : ""}` },
        row.map((b) => h("button", { type: "button", class: "key", onclick: (event) => look.onpress(message, b, event.currentTarget) }, b.label)),
      ),
    ),
  );
}

// The menu opens by its button, a right click, or holding a finger on the bubble.
function actions(message, look, el) {
  const open = (event) => {
    if (!look.menu(message).length || event.target.closest?.("a, video, audio")) return;
    event.preventDefault();
    look.onmenu(message, el, event.clientX || null, event.clientY || null);
  };
  el.addEventListener("contextmenu", (event) => !String(getSelection()).length && open(event));
  let held = 0;
  el.addEventListener("touchstart", (event) => {
    const touch = event.touches[0];
    held = setTimeout(() => open({ target: event.target, preventDefault() {}, clientX: touch.clientX, clientY: touch.clientY }), 480);
  }, { passive: true });
  for (const end of ["touchend", "touchmove", "touchcancel"]) el.addEventListener(end, () => clearTimeout(held), { passive: true });
  return h("button", { type: "button", class: "act", "aria-label": t("actions"), title: t("actions"), tabindex: coarse() ? "-1" : null, onclick: (event) => open({ target: el, preventDefault() {}, clientX: event.clientX, clientY: event.clientY }) }, icon("more"));
}
