/** The tickets this desk knows, and the lists they stand in. Lists that the desk understands keep themselves. */

const UNFINISHED = ["new", "bot", "open", "pending", "waiting", "snoozed"];
const PRIORITIES = ["urgent", "high", "normal", "low"];
const OVERLAP = 10_000;
const MOST_PAGES = 20;

/** What each built-in list asks of the server, and whether a ticket that is heard of belongs to it. */
export const LISTS = {
  queue: {
    name: "Queue", key: "1", query: { assignee: "none", status: ["new", "open"] },
    holds: (ticket) => !ticket.assignee_id && (ticket.status === "new" || ticket.status === "open"),
  },
  mine: {
    name: "Mine", key: "2", query: { assignee: "me", status: UNFINISHED },
    holds: (ticket, me) => ticket.assignee_id === me && UNFINISHED.includes(ticket.status),
  },
  guest: { name: "With me", key: "4", holds: (ticket, me, guestOf) => guestOf.has(ticket.id) && ticket.assignee_id !== me },
  all: { name: "All open", key: "3", query: { status: UNFINISHED }, holds: (ticket) => UNFINISHED.includes(ticket.status) },
};

export class Tickets {
  #known = new Map();
  #sorted = new Map();
  #fedAt = 0;
  #edition = 0;
  #guestOf = new Set();

  constructor(api, me, changed) {
    Object.assign(this, { api, me, changed });
    this.found = new Map();
    this.loaded = new Set();
  }

  get(id) {
    return this.#known.get(id);
  }

  /** Keep what is newer of a ticket; facts carry no due time, so the one that is known stays until the feed brings it. */
  take(ticket) {
    const old = this.#known.get(ticket.id);
    if (old && old.version > ticket.version) return old;
    const kept = { ...old, ...ticket };
    this.#known.set(ticket.id, kept);
    this.#edition += 1;
    return kept;
  }

  /** Know where I am a guest or am asked to come. */
  guestOf(ids) {
    this.#guestOf = ids;
    this.#edition += 1;
  }

  /** Load what everybody needs: the queue, mine, then everything that is open, page by page as it comes. */
  async load() {
    this.#fedAt = Date.now();
    for (const [id, { query }] of Object.entries(LISTS).filter(([, list]) => list.query)) {
      await this.#read({ ...query, sort: "due" });
      this.loaded.add(id);
      this.changed();
    }
  }

  /** Take in whatever changed since the last time, with some overlap: nothing is missed, and twice does no harm. */
  async feed() {
    const since = new Date(this.#fedAt - OVERLAP).toISOString();
    const begun = Date.now();
    await this.#read({ updated_since: since, sort: "updated" });
    this.#fedAt = begun;
  }

  /** Load a list that only the server understands: a saved view, or a search; it counts if it still `isWanted` then. */
  async find(id, path, query, isWanted = () => true) {
    const items = await this.api.pages(path, query, { most: id.startsWith("view:") ? 10 : 2 });
    items.forEach(({ snippet: _of, ...ticket }) => this.take(ticket));
    if (!isWanted()) return;
    this.found.set(id, items.map(({ id: ticket, snippet }) => ({ id: ticket, snippet })));
    this.#edition += 1;
    this.changed();
  }

  /** Know nothing of such a list any more. */
  forget(id) {
    this.found.delete(id);
    this.#edition += 1;
  }

  /** The tickets of a list, soonest due first; what the server found keeps the server's order. */
  rows(id) {
    const key = `${id} ${this.#edition}`;
    if (this.#sorted.get(id)?.key !== key) this.#sorted.set(id, { key, rows: this.#rows(id) });
    return this.#sorted.get(id).rows;
  }

  /** True once a list has been read to its end: what comes from then on is news. */
  isWhole(id) {
    return !LISTS[id]?.query || this.loaded.has(id);
  }

  /** How many open tickets each person has. */
  loadOfPeople() {
    const load = new Map();
    for (const { assignee_id: who } of this.rows("all")) if (who) load.set(who, (load.get(who) ?? 0) + 1);
    return load;
  }

  #rows(id) {
    const list = LISTS[id];
    if (!list) return (this.found.get(id) ?? []).map((hit) => ({ ...this.#known.get(hit.id), snippet: hit.snippet }));
    return [...this.#known.values()].filter((ticket) => list.holds(ticket, this.me, this.#guestOf)).sort(sooner);
  }

  async #read(query) {
    const each = (items) => {
      items.forEach((ticket) => this.take(ticket));
      this.changed();
    };
    await this.api.pages("/v1/tickets", query, { most: MOST_PAGES, each });
  }
}

const sooner = (one, other) =>
  moment(one.next_due_at) - moment(other.next_due_at)
  || PRIORITIES.indexOf(one.priority) - PRIORITIES.indexOf(other.priority)
  || (one.created_at < other.created_at ? -1 : 1);

const moment = (at) => (at ? Date.parse(at) : 8.64e15);
