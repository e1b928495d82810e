/** Rows that were chosen, and what is done to all of them at once. */

const MOST = 100;

export class Selection {
  constructor(desk) {
    Object.assign(this, { desk, ids: new Set(), isOn: false, anchor: null, outcome: null, isBusy: false });
  }

  get size() {
    return this.ids.size;
  }

  has(id) {
    return this.ids.has(id);
  }

  toggle(id) {
    if (!this.desk.rows.some((row) => row.id === id)) return;
    if (!this.ids.delete(id)) this.#add(id);
    Object.assign(this, { isOn: true, anchor: id });
    this.desk.changed();
  }

  /** Choose everything from the row chosen last to this one. */
  reach(id) {
    const { rows, cursor } = this.desk;
    const from = this.anchor ?? cursor.id;
    const places = [from, id].map((one) => rows.findIndex((row) => row.id === one)).filter((place) => place >= 0);
    if (places.length) rows.slice(Math.min(...places), Math.max(...places) + 1).forEach((row) => this.#add(row.id));
    Object.assign(this, { isOn: true, anchor: from });
    this.desk.changed();
  }

  clear() {
    Object.assign(this, { ids: new Set(), isOn: false, anchor: null });
    this.desk.changed();
  }

  /** Do it to each; what was refused stays chosen, with the reason. */
  async change(action) {
    this.isBusy = true;
    const ids = [...this.ids];
    await this.desk.attempt(async () => {
      const { items } = await this.desk.api.post("/v1/tickets/bulk", { ids, action });
      items.forEach(({ ticket }) => ticket && this.#changed(ticket));
      this.outcome = items.map((item) => ({ ...item, number: this.desk.tickets.get(item.id)?.number ?? "" }));
      this.ids = new Set(items.filter(({ status }) => status === "refused").map(({ id }) => id));
      this.isOn = this.ids.size > 0;
      this.desk.dialog = { name: "outcome", query: "", place: 0 };
      this.desk.feedSoon(0);
    });
    this.isBusy = false;
    this.desk.changed();
  }

  /** The answer says what every list needs to know of a ticket; the rest of it is as it was. */
  #changed(ticket) {
    const known = this.desk.tickets.get(ticket.id);
    if (known) this.desk.tickets.take({ ...known, ...ticket });
  }

  #add(id) {
    if (this.ids.size < MOST) this.ids.add(id);
    else this.desk.say(`At most ${MOST} at once`);
  }
}
