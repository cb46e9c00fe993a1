// Sound and notifications for what customers write while one looks elsewhere; both only when switched on.
import { toast } from "./overlay.js";
import { t } from "./words.js";

const FRESH = 60000;
const told = new Set();

function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(`okno-${name}`) === "on";
    localStorage.setItem(`okno-${name}`, value ? "on" : "off");
  } catch { /* then it holds for this page */ }
  return value;
}

const on = { sound: kept("sound"), notify: kept("notify") };

export const sounds = () => on.sound;
export const notifies = () => on.notify && "Notification" in window && Notification.permission === "granted";

export function switchSound() {
  on.sound = !on.sound;
  kept("sound", on.sound);
  if (on.sound) ring();
}

export async function switchNotifications() {
  if (notifies()) on.notify = false;
  else {
    on.notify = "Notification" in window && (await Notification.requestPermission()) === "granted";
    if (!on.notify) toast(t("notify_denied"), "bad");
  }
  kept("notify", on.notify);
}

// A message of a customer has come; `name` and `open` are its thread's.
export function alertTo(message, name, open) {
  if (message.by || message.role !== "message" || message.deleted || message.edited || told.has(message.id) || Date.now() - message.at > FRESH) return;
  told.add(message.id);
  if (on.sound) ring();
  if (!notifies() || document.hasFocus()) return;
  const note = new Notification(name || t("customer"), { body: (message.text ?? t("kind.other")).slice(0, 140), tag: `okno-${message.thread}`, icon: new URL("icon.svg", import.meta.url).href, silent: true });
  note.onclick = () => { window.focus(); note.close(); open(); };
}

// Two soft notes, made here: nothing is loaded.
let audio = null;
function ring() {
  audio ??= new AudioContext();
  const now = audio.currentTime;
  for (const [at, pitch] of [[0, 740], [0.11, 988]]) {
    const tone = audio.createOscillator();
    const loud = audio.createGain();
    tone.frequency.value = pitch;
    loud.gain.setValueAtTime(0, now + at);
    loud.gain.linearRampToValueAtTime(0.12, now + at + 0.015);
    loud.gain.exponentialRampToValueAtTime(0.001, now + at + 0.28);
    tone.connect(loud).connect(audio.destination);
    tone.start(now + at);
    tone.stop(now + at + 0.3);
  }
}
