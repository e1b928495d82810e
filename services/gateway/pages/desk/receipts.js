/** Tells a live player how far his words were read: by who holds the ticket, and only while somebody can see them. */

export class Receipts {
  #told = 0;

  /** @param {import("./open.js").OpenTicket} open */
  constructor(open) {
    this.open = open;
  }

  /** Tell it if there is something to tell; words that were there before count like those that come. */
  tell() {
    const { desk, ticket, head, id } = this.open;
    const isSeen = ticket?.assignee_id === desk.me.id && desk.page === "tickets" && !document.hidden;
    if (isSeen && head > this.#told && desk.send({ t: "read", ticket_id: id, seq: head })) this.#told = head;
  }

  /** Another socket: what the last one was told may be lost. */
  again() {
    this.#told = 0;
    this.tell();
  }
}
