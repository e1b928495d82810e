/** What is said in passing: a line for a few seconds, and of one ticket never more than one. */

const LASTS = 5000;
const MOST = 3;

export class Toasts {
  constructor(changed) {
    Object.assign(this, { changed, items: [] });
  }

  /** Say something; of a ticket it stands in the place of what was said before, and tells how much that was. */
  say(text, ticketId = null) {
    const before = ticketId && this.items.find((one) => one.ticketId === ticketId);
    const toast = { key: before?.key ?? crypto.randomUUID(), ticketId, text, more: before ? before.more + 1 : 0 };
    this.items = [...this.items.filter((one) => one !== before), toast].slice(-MOST);
    setTimeout(() => this.#keep((one) => one !== toast), LASTS);
    this.changed();
  }

  /** Whoever looks at a ticket need not be told of it. */
  met(ticketId) {
    this.#keep((one) => one.ticketId !== ticketId);
  }

  #keep(isWanted) {
    this.items = this.items.filter(isWanted);
    this.changed();
  }
}
