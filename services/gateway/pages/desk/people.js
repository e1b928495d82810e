/** Who works here, by name, and whether he takes work; I am one of them. */

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
    this.#put(id, { name, role, status, active, since });
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

  /** Everybody who works here still, by name. */
  all() {
    return [...this.#known.values()].filter(({ active }) => active !== false).sort((one, other) => this.name(one.id).localeCompare(this.name(other.id)));
  }

  /** Read who works here. */
  async loadColleagues(api) {
    const colleagues = await api.pages("/v1/agents/colleagues", {}, { most: 10 });
    colleagues.forEach((one) => this.changed({ ...one, staff_id: one.id, active: true }));
  }

  async #loadMe(api) {
    this.amNow(await api.get("/v1/staff/me"));
  }

  #put(id, facts) {
    this.#known.set(id, { ...this.#known.get(id), ...facts, id });
  }
}
