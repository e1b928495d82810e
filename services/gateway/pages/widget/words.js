/** The widget's own words in the language of the page; numbers, times and plurals as that language has them. */

export const BUILT_IN = ["en", "de", "fr", "ru"];
const SIZES = [[1_000_000, "megabyte"], [1000, "kilobyte"]];
const RIGHT_TO_LEFT = new Set(["ar", "dv", "fa", "he", "ku", "ps", "sd", "ug", "ur", "yi"]);

/**
 * @param {object} wish
 * @param {string | null} wish.locale what the page asks for; else the page's language, else the browser's
 * @param {string | null} wish.wordsUrl a JSON file with the words of a language that is not built in
 */
export const loadWords = async ({ locale, wordsUrl }) => {
  const wanted = [locale, document.documentElement.lang, ...navigator.languages].filter(Boolean);
  const chosen = locale && wordsUrl ? locale : wanted.find((one) => BUILT_IN.includes(baseOf(one))) ?? "en";
  const base = baseOf(chosen);
  if (BUILT_IN.includes(base) && !wordsUrl) return new Words(chosen, await read(builtIn(base)));
  const [english, own] = await Promise.all([read(builtIn("en")), read(new URL(wordsUrl, document.baseURI))]);
  return new Words(chosen, { ...english, ...own });
};

const baseOf = (locale) => locale.toLowerCase().split("-")[0];
const builtIn = (base) => new URL(`i18n/${base}.json`, import.meta.url);
const read = async (url) => (await fetch(url)).json();

export class Words {
  constructor(locale, table) {
    this.locale = locale;
    this.table = table;
    this.direction = RIGHT_TO_LEFT.has(baseOf(locale)) ? "rtl" : "ltr";
    this.plural = new Intl.PluralRules(locale);
  }

  /**
   * Return the words for `key`. `{name}` stands for a value; a table of plural forms is chosen from by `values.count`.
   *
   * @param {string} key
   * @param {Record<string, string | number>} [values]
   */
  say(key, values = {}) {
    const entry = this.table[key] ?? key;
    const text = typeof entry === "string" ? entry : entry[this.plural.select(Number(values.count))] ?? entry.other;
    return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
  }

  /** Choose from words of the brand's own by language; the first are for all others. */
  pick(labels) {
    return labels[baseOf(this.locale)] ?? Object.values(labels)[0];
  }

  /** True if there are words for `key`. */
  has(key) {
    return key in this.table;
  }

  time(moment) {
    return new Intl.DateTimeFormat(this.locale, { timeStyle: "short" }).format(new Date(moment));
  }

  /** Today, yesterday, or the date. */
  day(moment) {
    const days = Math.round((startOf(new Date()) - startOf(new Date(moment))) / 86_400_000);
    if (days > 1) return new Intl.DateTimeFormat(this.locale, { dateStyle: "long" }).format(new Date(moment));
    return new Intl.RelativeTimeFormat(this.locale, { numeric: "auto" }).format(-days, "day");
  }

  /** A wait, rounded as people say it: seconds become minutes. */
  wait(seconds) {
    return seconds < 60 ? this.say("wait.moment") : this.say("wait.minutes", { count: Math.round(seconds / 60) });
  }

  size(bytes) {
    const [value, unit] = SIZES.map(([least, name]) => [bytes / least, name]).find(([number]) => number >= 1) ?? [bytes, "byte"];
    const unitDisplay = unit === "byte" ? "long" : "short";
    return new Intl.NumberFormat(this.locale, { style: "unit", unit, unitDisplay, maximumFractionDigits: 1 }).format(value);
  }
}

const startOf = (date) => new Date(date).setHours(0, 0, 0, 0);
