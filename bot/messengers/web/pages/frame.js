// When the page stands in the frame of a widget: who its host says is looking, and what the two tell each other.
import { randomKey } from "./dom.js";

const PLACE = "okno-customer";
const OWNER = "okno-owner";

const asked = new URLSearchParams(location.search);
export const framed = asked.has("frame") && parent !== window;

const theme = asked.get("theme");
if (framed && (theme === "light" || theme === "dark")) {
  document.documentElement.style.colorScheme = theme;
  document.getElementById("dark").media = theme === "dark" ? "all" : "not all";
}

let host = "*"; // until the host has spoken; nothing told before is anybody's secret
let greeted = null;
const hello = new Promise((resolve) => { greeted = resolve; });

function tell(kind, values) {
  parent.postMessage({ okno: kind, ...values }, host);
}

function kept(key, value) {
  try {
    if (value === undefined) return localStorage.getItem(key);
    localStorage.setItem(key, value);
    return value;
  } catch { // this browser gives frames no storage: the host keeps it for us
    return undefined;
  }
}

// The frame's side of the widget. `shows` is what the customer is known by in every request.
export class Frame {
  constructor() {
    this.shows = null;
    this.context = {};
    this.open = false;
    this.onopen = () => {};
    addEventListener("message", (event) => event.source === parent && this.#heard(event));
    addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open], .menu") && this.close());
    tell("ready");
  }

  // Who is looking: the host's user when it says so, else whoever this browser was before. `trade` asks the server.
  async introduce(trade) {
    const said = await hello;
    this.shows = this.#secret(said.secret);
    const me = said.token ? await this.#signIn(said.token, trade) : "";
    this.known = true;
    const before = kept(OWNER);
    if (before && before !== me) this.#forget();
    kept(OWNER, me);
  }

  async #signIn(token, trade) {
    try {
      const { me, session } = await trade(token);
      this.#renew(); // what was written without signing in opens only by signing in from now on
      this.shows = session;
      return me;
    } catch (failed) {
      if (failed.passing) throw failed;
      console.warn(`Okno: the identity was not accepted (${failed.code})`);
      return "";
    }
  }

  #secret(hosts) {
    return kept(PLACE) || hosts || this.#renew();
  }

  #renew() {
    const secret = randomKey() + randomKey().slice(0, 16);
    if (kept(PLACE, secret) === undefined) tell("secret", { secret });
    return secret;
  }

  // Somebody else looks now: drafts and what was on its way are not theirs.
  #forget() {
    try {
      for (const key of Object.keys(localStorage)) if (/^okno-(draft|outbox)/.test(key)) localStorage.removeItem(key);
    } catch { /* nothing is kept */ }
  }

  // The server says that the secret opens nothing any more, or that the session is over.
  refused(code) {
    if (code === "secret") { this.#renew(); location.reload(); }
    else if (code === "expired") location.reload();
    else return false;
    return true;
  }

  wrote() { tell("wrote"); }
  unread(n) { tell("unread", { n }); }
  close() { tell("close"); }

  #heard(event) {
    const said = event.data ?? {};
    if (host === "*") host = event.origin;
    if (event.origin !== host) return;
    if (said.context) this.context = said.context;
    if (said.okno === "hello") { this.open = Boolean(said.open); greeted(said); }
    else if (said.okno === "open" || said.okno === "closed") { this.open = said.okno === "open"; this.onopen(); }
    else if (said.okno === "again") location.reload();
  }
}
