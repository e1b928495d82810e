/**
 * Words on their way: kept in the browser before they are sent, forgotten when the server has them. A repetition carries
 * the same `client_msg_id`, so however often tabs and reconnects repeat it, it is one message.
 *
 * Each item is a key of its own, because two tabs that rewrite one list would lose each other's words. Ids begin with the
 * time, so that the order of keys is the order of speech in all tabs.
 *
 * @typedef {object} Item
 * @property {string} client_msg_id
 * @property {string | null} text
 * @property {string[]} [attachments] ids of files
 * @property {string} [corrects] the message whose place the words take; null withdraws it
 * @property {number} at milliseconds since 1970
 * @property {{code: string, status: number, retryAfter?: number} | null} problem why it is not sent again by itself
 */

const STALE_AFTER = 60 * 60 * 1000;

export class Outbox {
  #last = "";

  /**
   * @param {import("./storage.js").Remembered} storage shared by the tabs
   * @param {string} who words of one person never leave in another's name
   */
  constructor(storage, who) {
    this.storage = storage;
    this.folder = `out.${who}.`;
  }

  /** @returns {Item[]} in the order of speech */
  items() {
    return this.storage.names(this.folder).map((name) => this.storage.get(name)).filter((item) => item !== null);
  }

  /** The next to send: the oldest that no problem holds. */
  next() {
    return this.items().find((item) => item.problem === null) ?? null;
  }

  /**
   * Keep words until the server has them, without what no server can keep: input methods and scripts leave half
   * characters, pasted text has control characters.
   *
   * @param {string | null} text null withdraws
   * @param {number} now
   * @param {string[]} attachments
   * @param {{ corrects?: string, in_reply_to?: string }} [about] the message whose words these replace, or whose quick reply they are
   * @returns {Item}
   */
  add(text, now, attachments = [], about = {}) {
    const files = attachments.length ? { attachments } : {};
    const words = text && text.replace(/[^\P{Cc}\t\n]/gu, "").replace(/\p{Cs}/gu, "\ufffd");
    const item = { client_msg_id: this.#newId(now), text: words, ...files, ...about, at: now, problem: null };
    this.#write(item);
    return item;
  }

  /** The server has these words, or the person dropped them. */
  settle(clientMsgId) {
    this.storage.set(this.folder + clientMsgId, null);
  }

  /** The server refused these words: only the person can decide what becomes of them. */
  hold(clientMsgId, problem) {
    const item = this.storage.get(this.folder + clientMsgId);
    if (item) this.#write({ ...item, problem });
  }

  /** Try again what was held. */
  release(clientMsgId) {
    const item = this.storage.get(this.folder + clientMsgId);
    if (item) this.#write({ ...item, problem: null });
  }

  /** Words of an hour ago may no longer be meant: ask before they are said. */
  holdStale(now) {
    for (const item of this.items()) {
      if (item.problem === null && now - item.at > STALE_AFTER) this.hold(item.client_msg_id, { code: "stale", status: 0 });
    }
  }

  /** Take over what another has not said yet. */
  adopt(other) {
    for (const item of other.items()) {
      this.#write(item);
      other.settle(item.client_msg_id);
    }
  }

  #write(item) {
    this.storage.set(this.folder + item.client_msg_id, item);
  }

  /** Time first, so that ids sort; a clock that was set back or stands still must not change the order. */
  #newId(now) {
    const time = Math.max(now, parseInt(this.#last.slice(0, 12) || "0", 16) + 1);
    const noise = crypto.getRandomValues(new Uint8Array(10));
    this.#last = time.toString(16).padStart(12, "0");
    return `${this.#last}-${[...noise].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  }
}
