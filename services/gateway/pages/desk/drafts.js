/** What somebody is writing: kept in this tab at every stroke, on the server a second later, until it is said. */

const KEY = "pitboss.desk.writing";
const SAVE_AFTER = 1000;

export class Drafts {
  #timers = new Map();

  /** @param {string} me whose words these are */
  constructor(api, me) {
    Object.assign(this, { api, me });
    this.kept = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  }

  /** @returns {{kind: "reply" | "note", text: string, macro?: object, mentions?: string[], sealed?: object}} */
  of(ticketId) {
    return this.kept[ticketId] ?? { kind: "reply", text: "" };
  }

  write(ticketId, changes) {
    this.kept[ticketId] = { ...this.of(ticketId), ...changes, sealed: undefined };
    this.#storeAndSave(ticketId);
  }

  /** Remember how these words are said, under which key; of others nothing is known: null. */
  seal(ticketId, sealed) {
    this.kept[ticketId] = { ...this.of(ticketId), sealed: sealed ?? undefined };
    this.#store();
  }

  /** Put words back that had left the box, before what is written there by now. */
  restore(ticketId, draft) {
    const { text, mentions = [] } = this.of(ticketId);
    const both = { text: `${draft.text}\n\n${text}`, mentions: [...new Set([...(draft.mentions ?? []), ...mentions])], sealed: undefined };
    this.kept[ticketId] = text.trim() ? { ...draft, ...both } : draft;
    this.#storeAndSave(ticketId);
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
    const { items } = await this.api.get(`/v1/tickets/${ticketId}/drafts`).catch(() => ({ items: [] }));
    const draft = items.find(({ staff_id: id }) => id === this.me);
    if (draft?.text && !this.of(ticketId).text) this.kept[ticketId] = { kind: draft.kind, text: draft.text };
  }

  #storeAndSave(ticketId) {
    this.#store();
    clearTimeout(this.#timers.get(ticketId));
    this.#timers.set(ticketId, setTimeout(() => this.#save(ticketId), SAVE_AFTER));
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
