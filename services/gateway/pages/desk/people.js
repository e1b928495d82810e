/** Who works here. Leads see the whole list; others know whom they have met, and the rest by number. */

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
    const isLead = ["lead", "admin"].includes(this.me.role);
    const profiles = await api.pages("/v1/agents", {}, { most: 3 }).catch(() => []);
    profiles.forEach(({ staff_id: id, languages, capacity }) => this.#put(id, { languages, capacity }));
    if (!isLead) return;
    const staff = await api.pages("/v1/staff", {}, { most: 3 }).catch(() => []);
    staff.filter((one) => one.active).forEach(({ id, name, role, status }) => this.#put(id, { name, role, status }));
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
