/** The bar that the keyboard moves through the list: it stands on a ticket and stays on it, wherever the list takes that. */

export class Cursor {
  #id = null;
  #place = 0;

  /** True until the list has brought the bar into sight. */
  isAstray = false;

  constructor(desk) {
    this.desk = desk;
  }

  /** The ticket under the bar, which may have left the list; a list that is new begins at what is open, or at its first row. */
  get id() {
    if (this.#id) return this.#id;
    const { rows, open, tickets, list } = this.desk;
    const first = (rows.find(({ id }) => id === open?.id) ?? rows[0])?.id ?? null;
    if (tickets.isWhole(list)) {
      this.#id = first;
      this.isAstray ||= first !== null && first === open?.id;
    }
    return first;
  }

  /** Where the ticket stands now, -1 if it has left the list. */
  get place() {
    const { id } = this;
    const place = this.desk.rows.findIndex((row) => row.id === id);
    if (place >= 0) this.#place = place;
    return place;
  }

  /** The row under the bar; none if its ticket has left the list, for nobody meant the one that came up there. */
  get row() {
    return this.desk.rows[this.place] ?? null;
  }

  put(id) {
    this.#id = id;
    this.isAstray = true;
    this.desk.changed();
  }

  /** Begin anew, with whatever list is shown. */
  reset() {
    this.#place = 0;
    this.put(null);
  }

  /** Go some rows on; from a ticket that has left, to those that were next to it. */
  move(step) {
    const { rows } = this.desk;
    const { place } = this;
    const from = place >= 0 ? place : this.#place - (step > 0 ? 1 : 0);
    this.put(rows[Math.max(0, Math.min(rows.length - 1, from + step))]?.id ?? null);
  }
}
