/** What the player of a ticket is called: as he said last, else by his account. */

export class Names {
  #known = new Map();

  /** Remember what he called himself. */
  meet(ticketId, name) {
    if (name) this.#known.set(ticketId, name);
  }

  of({ id, player_id: account }) {
    return this.#known.get(id) ?? account ?? "Visitor";
  }
}
