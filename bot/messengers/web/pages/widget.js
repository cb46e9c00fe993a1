// The Support button on somebody else's page. One global, Okno; everything it shows lives in a shadow tree, the
// conversation in a frame from Okno's own address. docs/web.md tells how to use it.
(() => {
  const script = document.currentScript;
  if (window.Okno || !script) return;
  const { origin } = new URL(script.src);
  const set = { locale: "", theme: "auto", side: "end", label: "", button: "on", title: "on", ...script.dataset };
  const kept = "okno-widget";
  const language = (set.locale || document.documentElement.lang || navigator.language || "en").slice(0, 2).toLowerCase();
  const WORDS = __WORDS__; // the server's, by language
  const locale = Object.hasOwn(WORDS, language) ? language : "en";
  const t = (key) => WORDS[locale][key];

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial !important; }
    * { box-sizing: border-box; }
    button, .panel { position: fixed; z-index: 2147483000; inset-inline-end: calc(20px + env(safe-area-inset-right, 0px)); }
    .start button, .start .panel { inset-inline: calc(20px + env(safe-area-inset-left, 0px)) auto; }
    button { bottom: calc(20px + env(safe-area-inset-bottom, 0px)); display: inline-flex; align-items: center; justify-content: center; gap: 10px; min-width: 58px; height: 58px; margin: 0; padding: 0; border: 0; border-radius: 29px; background: #0e7c74; color: #fff; font: 600 16px/1 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; cursor: pointer; box-shadow: 0 6px 22px rgb(0 0 0 / 22%), 0 1px 3px rgb(0 0 0 / 18%); transition: transform .15s, filter .15s; -webkit-tap-highlight-color: transparent; touch-action: manipulation; }
    button.labelled { padding-inline: 18px 22px; }
    button:hover { filter: brightness(1.08); }
    button:active { transform: scale(.95); }
    button:focus-visible { outline: 3px solid #fff; outline-offset: -5px; box-shadow: 0 0 0 3px #0e7c74; }
    svg { width: 28px; height: 28px; fill: none; stroke: currentColor; stroke-width: 1.9; stroke-linecap: round; stroke-linejoin: round; flex: none; }
    .badge { position: absolute; top: -4px; inset-inline-end: -3px; min-width: 22px; height: 22px; padding: 0 6px; border-radius: 11px; background: #c62828; color: #fff; font: 700 13px/22px system-ui, sans-serif; text-align: center; box-shadow: 0 0 0 2px #fff; }
    [hidden] { display: none !important; }
    .panel { bottom: calc(92px + env(safe-area-inset-bottom, 0px)); width: 400px; max-width: calc(100vw - 40px); height: min(680px, calc(100vh - 116px)); height: min(680px, calc(100dvh - 116px)); border-radius: 20px; overflow: hidden; background: Canvas; box-shadow: 0 0 0 1px rgb(0 0 0 / 9%), 0 14px 48px rgb(0 0 0 / 24%); visibility: hidden; opacity: 0; transform: translateY(12px); transition: opacity .16s, transform .16s, visibility 0s .16s; }
    .panel.open { visibility: visible; opacity: 1; transform: none; transition: opacity .16s, transform .16s; }
    .nobutton .panel { bottom: calc(20px + env(safe-area-inset-bottom, 0px)); }
    iframe { display: block; width: 100%; height: 100%; border: 0; }
    .light { color-scheme: light; } .dark { color-scheme: dark; } .auto { color-scheme: light dark; }
    @media (max-width: 520px), (max-height: 480px) {
      .panel { inset: 0 !important; width: auto; max-width: none; height: auto; border-radius: 0; box-shadow: none; }
      .opened button { visibility: hidden; }
    }
    @media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
    @media print { button, .panel { display: none; } }
  `);

  const make = (tag, values, ...children) => {
    const el = document.createElement(tag);
    for (const [name, value] of Object.entries(values)) el.setAttribute(name, value);
    el.append(...children);
    return el;
  };
  const sign = (path) => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    line.setAttribute("d", path);
    svg.append(line);
    return svg;
  };
  const TALK = "M5.5 4.5h13A2.5 2.5 0 0 1 21 7v8a2.5 2.5 0 0 1-2.5 2.5H12l-5 4v-4H5.5A2.5 2.5 0 0 1 3 15V7a2.5 2.5 0 0 1 2.5-2.5zM8 9.5h8M8 13h5";
  const SHUT = "M6 9l6 6 6-6";

  const host = make("div", { "data-okno": "" });
  const tree = host.attachShadow({ mode: "open" });
  tree.adoptedStyleSheets = [style];
  const badge = make("span", { class: "badge", "aria-hidden": "true", hidden: "" });
  const talk = sign(TALK);
  const button = make("button", { type: "button", "aria-expanded": "false", "aria-controls": "panel", lang: locale }, talk);
  if (set.label) {
    button.classList.add("labelled");
    button.append(set.label);
  }
  button.append(badge);
  const panel = make("div", { class: `panel ${["light", "dark"].includes(set.theme) ? set.theme : "auto"}`, id: "panel", role: "dialog", "aria-label": t("support"), lang: locale });
  const box = make("div", { class: `${set.side === "start" ? "start" : ""} ${set.button === "off" ? "nobutton" : ""}` }, panel, button);
  button.hidden = set.button === "off";
  tree.append(box);

  const listeners = new Set();
  let frame = null;
  let ready = false;
  let opened = false;
  let unread = 0;
  let identity = set.identity || null;
  let context = {};
  for (const name of ["version", "plan"]) if (set[name]) context[name] = set[name];

  const recall = () => { try { return JSON.parse(localStorage.getItem(kept)) ?? {}; } catch { return {}; } };
  const keep = (values) => { try { localStorage.setItem(kept, JSON.stringify({ ...recall(), ...values })); } catch { /* then only for this page */ } };
  const tell = (kind, values) => ready && frame.contentWindow.postMessage({ okno: kind, ...values }, origin);
  const about = () => ({ address: location.origin + location.pathname, ...context });

  async function hello() {
    let token = null;
    try {
      token = typeof identity === "function" ? await identity() : await identity;
    } catch (error) {
      console.warn("Okno: no identity", error);
    }
    tell("hello", { token: typeof token === "string" ? token : null, context: about(), open: opened, secret: recall().secret ?? null });
  }

  function load() {
    if (frame) return;
    frame = make("iframe", { title: t("support"), src: `${origin}/?frame&lang=${locale}&theme=${set.theme}`, allow: "clipboard-write", referrerpolicy: "origin" });
    panel.append(frame);
  }

  const heard = {
    ready: () => { ready = true; hello(); },
    unread: ({ n }) => count(Number(n) || 0),
    close: () => close(),
    wrote: () => keep({ wrote: true }),
    secret: ({ secret }) => keep({ secret }), // only where the frame can keep nothing itself
    expired: () => hello(),
  };
  addEventListener("message", (event) => {
    if (event.origin !== origin || !frame || event.source !== frame.contentWindow) return;
    const kind = event.data?.okno;
    if (Object.hasOwn(heard, kind)) heard[kind](event.data);
  });

  function count(n) {
    if (n === unread) return;
    unread = n;
    named();
    for (const listener of listeners) call(listener);
  }
  const call = (listener) => { try { listener(unread); } catch (error) { console.error(error); } };

  let ours = ""; // what we put before the title, so that nothing of the page's own is taken away
  function named() {
    const waiting = unread && !opened;
    badge.hidden = !waiting;
    badge.textContent = unread > 99 ? "99+" : String(unread);
    button.setAttribute("aria-label", opened ? t("close") : waiting ? t("widget.unread").replace("{n}", unread) : set.label || t("support"));
    if (set.title === "off") return;
    if (ours && document.title.startsWith(ours)) document.title = document.title.slice(ours.length);
    ours = waiting ? `(${unread}) ` : "";
    if (ours) document.title = ours + document.title;
  }

  function open() {
    load();
    opened = true;
    shown();
    tell("open");
    frame.focus();
  }
  function close() {
    if (!opened) return;
    const within = tree.activeElement === frame;
    opened = false;
    shown();
    tell("closed");
    if (within) button.hidden ? frame.blur() : button.focus();
  }
  function shown() {
    panel.classList.toggle("open", opened);
    box.classList.toggle("opened", opened);
    button.setAttribute("aria-expanded", String(opened));
    talk.firstChild.setAttribute("d", opened ? SHUT : TALK);
    named();
  }

  button.addEventListener("click", () => (opened ? close() : open()));
  button.addEventListener("pointerenter", load, { once: true });
  tree.addEventListener("keydown", (event) => event.key === "Escape" && close());

  window.Okno = Object.freeze({
    open,
    close,
    identify(token) {
      if (token === identity) return;
      identity = token ?? null;
      if (identity && !frame) whenIdle(load);
      else if (ready) tell("again");
    },
    setContext(values) {
      context = { ...context, ...values };
      for (const [name, value] of Object.entries(context)) {
        if (value === null || value === undefined || value === "") delete context[name];
        else context[name] = String(value);
      }
      tell("context", { context: about() });
    },
    onUnread(listener) {
      listeners.add(listener);
      call(listener);
      return () => listeners.delete(listener);
    },
  });

  const whenIdle = (then) => (window.requestIdleCallback ? requestIdleCallback(then, { timeout: 3000 }) : setTimeout(then, 200));
  const begin = () => {
    document.body.append(host);
    shown();
    if (identity || recall().wrote) whenIdle(load);
    dispatchEvent(new CustomEvent("okno:ready"));
  };
  if (document.body) begin();
  else addEventListener("DOMContentLoaded", begin, { once: true });
})();
