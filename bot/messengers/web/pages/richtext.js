// Rich text: text and spans (in code points) become elements; the text itself is only ever a text node.
import { h } from "./dom.js";

const TAGS = { bold: "strong", italic: "em", underline: "u", strike: "s", code: "code", pre: "pre", quote: "blockquote", mention: "span" };
const ADDRESS = /\bhttps?:\/\/[^\s<>"'«»]+/gi;
const SAFE = /^(https?:|mailto:|tel:)/i;

export function richText(text, spans = []) {
  const chars = Array.from(text);
  const ordered = spans
    .map(([kind, start, length, value]) => ({ kind, start, end: start + length, value }))
    .sort((a, b) => a.start - b.start || b.end - a.end);
  const into = document.createDocumentFragment();
  build(into, chars, 0, chars.length, ordered, false);
  return into;
}

function build(into, chars, from, to, spans, linked) {
  let at = from;
  const rest = [...spans];
  while (rest.length) {
    const span = rest.shift();
    const start = Math.max(span.start, at);
    const end = Math.min(span.end, to);
    if (start >= end) continue;
    plain(into, chars.slice(at, start).join(""), linked);
    const inner = [];
    while (rest.length && rest[0].start < end) {
      const next = rest.shift();
      inner.push({ ...next, end: Math.min(next.end, end) });
      if (next.end > end) rest.unshift({ ...next, start: end });
      if (rest.length && rest[0].start >= end) break;
    }
    const el = element(span);
    build(el, chars, start, end, inner, linked || span.kind === "link" || span.kind === "code" || span.kind === "pre");
    into.append(el);
    at = end;
  }
  plain(into, chars.slice(at, to).join(""), linked);
}

function element(span) {
  if (span.kind === "link") return link(span.value ?? "") ?? h("span");
  if (span.kind === "spoiler") {
    const el = h("span", { class: "spoiler", role: "button", tabindex: "0" });
    const show = () => el.classList.add("shown");
    el.addEventListener("click", show);
    el.addEventListener("keydown", (event) => event.key === "Enter" && show());
    return el;
  }
  return h(TAGS[span.kind] ?? "span");
}

function link(address) {
  if (!SAFE.test(address)) return null;
  const own = address.startsWith(`${location.origin}/staff#`);
  return h("a", own ? { href: address } : { href: address, target: "_blank", rel: "noopener noreferrer nofollow" });
}

function plain(into, text, linked) {
  if (!text) return;
  if (linked) { into.append(text); return; }
  let at = 0;
  for (const found of text.matchAll(ADDRESS)) {
    const address = found[0].replace(/[.,;:!?)\]}]+$/, "");
    into.append(text.slice(at, found.index));
    const a = link(address);
    a.append(address);
    into.append(a);
    at = found.index + address.length;
  }
  into.append(text.slice(at));
}
