/** What somebody is writing: kept in this tab at every stroke, on the server a second later, until it is said. */

const KEY = "pitboss.desk.writing";
const SAVE_AFTER = 1000;

export class Drafts {
  #timers = new Map();

  constructor(api) {
    this.api = api;
    this.kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  }

  /** @returns {{kind: "reply" | "note", text: string, macro?: object, key?: string}} */
  of(ticketId) {
    return this.kept[ticketId] ?? { kind: "reply", text: "" };
  }

  write(ticketId, changes) {
    this.kept[ticketId] = { ...this.of(ticketId), ...changes, key: undefined };
    this.#store();
    clearTimeout(this.#timers.get(ticketId));
    this.#timers.set(ticketId, setTimeout(() => this.#save(ticketId), SAVE_AFTER));
  }

  /** Return the key under which these words are said: the same ones, repeated, are said once. */
  key(ticketId) {
    const draft = this.of(ticketId);
    this.kept[ticketId] = { ...draft, key: draft.key ?? crypto.randomUUID() };
    this.#store();
    return this.kept[ticketId].key;
  }

  /** Forget words that were said. */
  said(ticketId) {
    clearTimeout(this.#timers.get(ticketId));
    delete this.kept[ticketId];
    this.#store();
  }

  /** Go on with what the server kept, unless something newer is being written here. */
  async fetch(ticketId) {
    if (this.of(ticketId).text) return;
    const draft = await this.api.get(`/v1/tickets/${ticketId}/draft`).catch(() => null);
    if (draft?.text && !this.of(ticketId).text) this.kept[ticketId] = { kind: draft.kind, text: draft.text };
  }

  #save(ticketId) {
    const { kind, text } = this.of(ticketId);
    const saved = text.trim() ? this.api.saveDraft(ticketId, kind, text) : this.api.dropDraft(ticketId);
    saved.catch(() => null);
  }

  #store() {
    sessionStorage.setItem(KEY, JSON.stringify(this.kept));
  }
}
