/** Who works here, by name. */

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

  async load(api) {
    const colleagues = await api.pages("/v1/agents/colleagues", {}, { most: 10 });
    colleagues.forEach(({ id, name, role, status }) => this.#put(id, { name, role, status }));
  }

  name(id) {
    if (!id) return "Nobody";
    return this.#known.get(id)?.name ?? `Colleague ${String(id).slice(-4)}`;
  }

  /** Everybody, by name. */
  all() {
    return [...this.#known.values()].sort((one, other) => this.name(one.id).localeCompare(this.name(other.id)));
  }

  #put(id, facts) {
    this.#known.set(id, { ...this.#known.get(id), ...facts, id });
  }
}
