/**
 * What the widget remembers in the browser, under names of its own. A browser that forbids it gets a memory that lasts as
 * long as the page.
 */

const PREFIX = "pitboss";

/**
 * @param {"localStorage" | "sessionStorage"} kind
 * @param {string} brand
 */
export const openStorage = (kind, brand) => new Remembered(usable(kind), `${PREFIX}.${brand}.`);

class Remembered {
  constructor(storage, prefix) {
    this.storage = storage;
    this.prefix = prefix;
  }

  /** @returns {any} what was kept under `name`, null if nothing readable was */
  get(name) {
    try {
      return JSON.parse(this.storage.getItem(this.prefix + name));
    } catch {
      return null;
    }
  }

  /** Keep `value`; null forgets. */
  set(name, value) {
    if (value === null) {
      this.storage.removeItem(this.prefix + name);
      return;
    }
    try {
      this.storage.setItem(this.prefix + name, JSON.stringify(value));
    } catch {
      this.storage = new PageMemory(this.storage);
      this.storage.setItem(this.prefix + name, JSON.stringify(value));
    }
  }

  /** Names that begin with `start`, in their own order. */
  names(start) {
    const whole = this.prefix + start;
    return this.storage
      .keys().filter((key) => key.startsWith(whole)).map((key) => key.slice(this.prefix.length)).sort();
  }

  /** Hear of what other tabs change. */
  watch(changed, signal) {
    addEventListener("storage", ({ key }) => key?.startsWith(this.prefix) && changed(key.slice(this.prefix.length)), { signal });
  }
}

/** The browser's storage with the few calls used here. */
class BrowserStorage {
  constructor(storage) {
    this.storage = storage;
  }
  keys() {
    return Object.keys(this.storage);
  }
  getItem(key) {
    return this.storage.getItem(key);
  }
  setItem(key, value) {
    this.storage.setItem(key, value);
  }
  removeItem(key) {
    this.storage.removeItem(key);
  }
}

/** A memory of this page, over what the browser had room for. */
class PageMemory {
  #own = new Map();
  constructor(below = null) {
    this.below = below;
  }
  keys() {
    return [...new Set([...this.#own.keys(), ...(this.below?.keys() ?? [])])];
  }
  getItem(key) {
    return this.#own.get(key) ?? this.below?.getItem(key) ?? null;
  }
  setItem(key, value) {
    this.#own.set(key, value);
  }
  removeItem(key) {
    this.#own.delete(key);
    this.below?.removeItem(key);
  }
}

const usable = (kind) => {
  try {
    const storage = globalThis[kind];
    storage.setItem(`${PREFIX}.probe`, "1");
    storage.removeItem(`${PREFIX}.probe`);
    return new BrowserStorage(storage);
  } catch {
    return new PageMemory();
  }
};
