// Requests to the server, and the socket over which it tells what changed.

export class Failed extends Error {
  constructor(status, code, after) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.after = after;
  }

  // Asking again can help: the network, a restart, too many at once.
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500 || this.status === 408;
  }
}

const TIMEZONE = (() => {
  try { return Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""; } catch { return ""; }
})();

// How the page is known where a cookie can't be relied on: in the frame of a widget. `shows` gives its secret.
let shows = () => null;
export const showing = (secret) => { shows = secret; };
const known = () => ({ "X-Okno-Timezone": TIMEZONE, ...(shows() ? { "X-Okno-Customer": shows(), "X-Okno-Locale": document.documentElement.lang } : {}) });

export class Api {
  constructor(side) {
    this.base = `/web/${side}/`;
  }

  get(path, query) {
    const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, v]) => v !== null && v !== undefined && v !== ""));
    return this.#ask(`${this.base}${path}${search.size ? `?${search}` : ""}`, { cache: "no-store", headers: known() });
  }

  post(path, body) {
    return this.#ask(this.base + path, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...known() },
      body: JSON.stringify(body),
    });
  }

  async #ask(url, init) {
    let response;
    try {
      response = await fetch(url, { credentials: "same-origin", ...init });
    } catch {
      throw new Failed(0, "network", 0);
    }
    if (response.ok) return response.json();
    throw new Failed(response.status, (await response.text()).slice(0, 80), Number(response.headers.get("Retry-After") ?? 0));
  }

  // Uploads tell how far they are, which fetch can't.
  upload(file, onprogress) {
    const request = new XMLHttpRequest();
    const done = new Promise((resolve, reject) => {
      request.open("POST", `${this.base}files`);
      request.setRequestHeader("X-Okno-Name", encodeURIComponent(file.name || "file"));
      for (const [name, value] of Object.entries(known())) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => event.lengthComputable && onprogress(event.loaded / event.total);
      request.onload = () => request.status === 200
        ? resolve(JSON.parse(request.responseText))
        : reject(new Failed(request.status, request.responseText.slice(0, 80), Number(request.getResponseHeader("Retry-After") ?? 0)));
      request.onerror = () => reject(new Failed(0, "network", 0));
      request.onabort = () => reject(new Failed(0, "aborted", 0));
      request.send(file);
    });
    return { done, abort: () => request.abort() };
  }
}

const SILENCE = 12000;
const PING = 20000;
const SLOWEST = 8000;

// Keeps a socket open, comes back by itself, and says each time how far the page has seen every chat.
export class Live {
  constructor(side, seen, onframe, onstate) {
    Object.assign(this, { side, seen, onframe, onstate, tries: 0, socket: null, timer: 0, ended: false });
    const hurry = () => document.visibilityState === "visible" && !this.ended && (this.socket === null ? this.#open() : this.#ping());
    addEventListener("online", hurry);
    addEventListener("offline", () => this.#drop());
    document.addEventListener("visibilitychange", hurry);
    setInterval(() => this.#ping(), PING);
    this.#open();
  }

  end() {
    this.ended = true;
    this.#drop();
  }

  // Something that may be lost.
  say(what) {
    if (this.online && this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(what));
  }

  #open() {
    clearTimeout(this.timer);
    if (this.ended || this.socket) return;
    const socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/web/${this.side}/socket`, shows() ? ["okno", shows()] : []);
    this.socket = socket;
    this.#expect();
    socket.onopen = () => socket.send(JSON.stringify({ seen: this.seen() }));
    socket.onmessage = (event) => {
      clearTimeout(this.silence);
      const frame = JSON.parse(event.data);
      if (frame.t === "ready") { this.tries = 0; this.online = true; this.onstate("online"); }
      if (this.socket === socket) this.onframe(frame);
    };
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      clearTimeout(this.silence);
      if (event.code === 4401) { this.ended = true; this.onstate("signed-out"); return; }
      this.online = false;
      this.onstate("offline");
      this.tries += 1;
      const wait = Math.min(SLOWEST, 300 * 2 ** Math.min(this.tries, 6)) * (0.6 + Math.random() * 0.8);
      this.timer = setTimeout(() => this.#open(), wait);
    };
  }

  #ping() {
    if (this.socket?.readyState !== WebSocket.OPEN) return;
    this.socket.send("ping");
    this.#expect();
  }

  // A connection that says nothing in time is dead, whatever the browser believes.
  #expect() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.#drop(), SILENCE);
  }

  #drop() {
    const socket = this.socket;
    if (!socket) return;
    socket.close();
    socket.onclose?.({ code: 0 });
  }
}
