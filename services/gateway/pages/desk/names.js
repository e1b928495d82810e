/** What the player of a ticket is called: as he said last, which lists tell as well as words, else by his account. */

import { label } from "./format.js";

export class Names {
  #known = new Map();

  /** @param {import("./people.js").People} people */
  constructor(people) {
    this.people = people;
  }

  /** Remember what he called himself. */
  meet(ticketId, name) {
    if (name) this.#known.set(ticketId, name);
  }

  /** The name of whoever said or did something in a ticket. */
  author({ kind, id, name }, ticket) {
    if (name) return name;
    if (kind === "staff") return this.people.name(id);
    return kind === "player" || kind === "visitor" ? this.of(ticket) : label(kind);
  }

  of({ id, player_name: told, player_id: account }) {
    return this.#known.get(id) ?? told ?? account ?? "Visitor";
  }
}
