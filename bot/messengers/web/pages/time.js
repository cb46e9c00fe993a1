import { locale, t } from "./words.js";

const clock = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
const day = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const dayOfYear = new Intl.DateTimeFormat(locale, { day: "numeric", month: "long", year: "numeric" });
const whole = new Intl.DateTimeFormat(locale, { dateStyle: "long", timeStyle: "short" });

const startOf = (at) => new Date(at).setHours(0, 0, 0, 0);
const daysAgo = (at) => Math.round((startOf(Date.now()) - startOf(at)) / 86400000);

export const clockTime = (at) => clock.format(at);
export const wholeTime = (at) => whole.format(at);
export const sameDay = (a, b) => startOf(a) === startOf(b);

export function dayName(at) {
  const ago = daysAgo(at);
  if (ago === 0) return t("today");
  if (ago === 1) return t("yesterday");
  return (new Date(at).getFullYear() === new Date().getFullYear() ? day : dayOfYear).format(at);
}

export function listTime(at) {
  const ago = daysAgo(at);
  if (ago === 0) return clock.format(at);
  if (ago < 0) return ago > -7 ? `${weekday.format(at)} ${clock.format(at)}` : shortDay.format(at);
  return ago < 7 ? weekday.format(at) : shortDay.format(at);
}

export function size(bytes) {
  const units = t("units").split(" ");
  let n = bytes;
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) { n /= 1024; unit += 1; }
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: n < 10 && unit ? 1 : 0 }).format(n)} ${units[unit]}`;
}
