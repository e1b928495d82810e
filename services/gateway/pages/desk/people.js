/** Who works here, by name, and whether he takes work; I am one of them. */

const MOST_PAGES = 10;
const LISTED_WITHIN = 10_000;

export class People {
  #known = new Map();

  constructor(me) {
    this.me = me;
    this.#known.set(me.id, { ...me, online: true });
  }

  meet(author) {
    if (author?.kind === "staff" && author.name) this.#put(author.id, { name: author.name });
  }

  heard({ staff_id: id, online }) {
    this.#put(id, { online });
  }

  /**
   * An account is not what it was. The socket and a list that was asked for before may overtake each other, so what an
   * account was before the state that is known is no news.
   */
  changed({ staff_id: id, name, role, status, active, changed_at: at }) {
    const since = Date.parse(at);
    if (since < this.#known.get(id)?.since) return;
    this.#put(id, { name, role, status, active, since, heardAt: Date.now() });
    if (id === this.me.id) Object.assign(this.me, { name, role, status });
  }

  /** What my own account is, as whoever keeps it answered. */
  amNow({ id, updated_at: at, ...account }) {
    this.changed({ ...account, staff_id: id, changed_at: at });
  }

  /** Read it all; what changes from then on the socket tells. */
  async load(api) {
    await Promise.all([this.#loadMe(api), this.loadColleagues(api)]);
  }

  name(id) {
    if (!id) return "Nobody";
    return this.#known.get(id)?.name ?? `Colleague ${String(id).slice(-4)}`;
  }

  get(id) {
    return this.#known.get(id);
  }

  /** Everybody who works here still, by name. */
  all() {
    return [...this.#known.values()].filter(({ active }) => active !== false).sort((one, other) => this.compare(one, other));
  }

  compare(one, other) {
    return this.name(one.id).localeCompare(this.name(other.id));
  }

  /** Read who works here; whoever is not among them works here no more, unless he was just heard of: lists come later. */
  async loadColleagues(api) {
    const colleagues = await api.pages("/v1/agents/colleagues", {}, { most: MOST_PAGES });
    colleagues.forEach((one) => this.changed({ ...one, staff_id: one.id, active: true }));
    if (colleagues.length >= MOST_PAGES * 100) return;
    const listed = new Set(colleagues.map(({ id }) => id)).add(this.me.id);
    const isGone = ({ id, heardAt = 0 }) => !listed.has(id) && Date.now() - heardAt > LISTED_WITHIN;
    this.all().filter(isGone).forEach(({ id }) => this.#put(id, { active: false }));
  }

  async #loadMe(api) {
    this.amNow(await api.get("/v1/staff/me"));
  }

  #put(id, facts) {
    this.#known.set(id, { ...this.#known.get(id), ...facts, id });
  }
}
