// The words of the page in the reader's language.

export const locale = document.documentElement.lang === "ru" ? "ru" : "en";

const words = await (await fetch(new URL(`strings/${locale}.json`, import.meta.url))).json();
const plural = new Intl.PluralRules(locale);

export function t(key, values) {
  const found = words[key] ?? (values && "n" in values ? words[`${key}.${plural.select(values.n)}`] : undefined) ?? key;
  return values ? found.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "") : found;
}

export function chooseLocale(next) {
  document.cookie = `okno_locale=${next}; path=/; max-age=31536000; samesite=lax`;
  location.reload();
}
