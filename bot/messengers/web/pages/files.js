// Files, places and contacts in a message.
import { h, icon } from "./dom.js";
import { size } from "./time.js";
import { t } from "./words.js";

const KINDS = new Set(["photo", "document", "animation", "audio", "voice", "video", "video_note", "sticker", "location", "venue", "contact", "poll"]);

// Those of which the server makes previews; any other image is a file.
export const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

// What stands for a message without words.
export const named = (kind) => (KINDS.has(kind) ? t(`kind.${kind}`) : t("kind.other"));

export function attachments(message) {
  const shown = (message.files ?? []).map(attachment);
  if (message.location) shown.push(place(message.location));
  if (message.contact) shown.push(contact(message.contact));
  return shown;
}

function attachment(file) {
  const family = (file.mime ?? "").split("/")[0];
  if (PICTURES.has(file.mime)) return picture(file);
  if (family === "video") {
    return h("video", { class: "video", src: file.url, controls: true, preload: "metadata", playsinline: true, "aria-label": file.name ?? "" });
  }
  if (family === "audio") {
    return h("div", { class: "audio" }, h("audio", { src: file.url, controls: true, preload: "none", "aria-label": file.name ?? "" }), file.name ? h("span", { class: "file-name" }, file.name) : null);
  }
  const inline = file.mime === "application/pdf";
  return h(
    "a",
    { class: "file", href: inline ? file.url : `${file.url}?save`, target: "_blank", rel: "noopener" },
    h("span", { class: "file-icon" }, icon("file")),
    h("span", { class: "file-words" }, h("span", { class: "file-name" }, file.name || t("kind.document")), h("span", { class: "file-size" }, file.size ? size(file.size) : "")),
  );
}

function picture(file) {
  const image = h("img", { class: "picture", src: `${file.url}?preview`, alt: file.name || t("kind.photo"), loading: "lazy", decoding: "async" });
  if (file.width && file.height) {
    const scale = Math.min(1, 320 / file.width, 360 / file.height);
    image.width = Math.max(40, Math.round(file.width * scale));
    image.height = Math.max(40, Math.round(file.height * scale));
  }
  return h("button", { type: "button", class: "picture-button", "aria-label": t("open_picture", { name: file.name ?? "" }), onclick: () => look(file) }, image);
}

// A picture as large as the window.
function look(file) {
  const dialog = h(
    "dialog",
    { class: "viewer", "aria-label": file.name ?? t("kind.photo") },
    h("img", { src: file.url, alt: file.name ?? "" }),
    h(
      "div",
      { class: "viewer-bar" },
      h("a", { class: "icon-button", href: `${file.url}?save`, title: t("save"), "aria-label": t("save") }, icon("save")),
      h("button", { type: "button", class: "icon-button", title: t("close"), "aria-label": t("close"), onclick: () => dialog.close() }, icon("close")),
    ),
  );
  dialog.addEventListener("click", (event) => event.target.closest(".viewer-bar") || dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

function place([latitude, longitude, title, address]) {
  const point = `${latitude.toFixed(5)}, ${longitude.toFixed(5)}`;
  const href = `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;
  return h(
    "a",
    { class: "file", href, target: "_blank", rel: "noopener noreferrer" },
    h("span", { class: "file-icon" }, icon("pin")),
    h("span", { class: "file-words" }, h("span", { class: "file-name" }, title || t("kind.location")), h("span", { class: "file-size" }, address || point)),
  );
}

function contact([name, phone]) {
  return h("div", { class: "file" }, h("span", { class: "file-icon" }, icon("hash")), h("span", { class: "file-words" }, h("span", { class: "file-name" }, name), h("span", { class: "file-size" }, phone)));
}
