/** Where I am a guest or am asked to come, what I am asked to take on as a senior, and which notes call me. */

const SOON = 300;
const LATER = 1500;
const FRESH = 30_000;

export class Company {
  #timer = 0;

  constructor(desk) {
    Object.assign(this, { desk, items: new Map(), asks: [], mentions: [], unread: 0 });
  }

  /** Read all three anew; what fails comes with the next turn. */
  async load() {
    await Promise.allSettled([this.#readItems(), this.#readAsks(), this.#readMentions()]);
    this.desk.changed();
  }

  /** Read anew in a moment, once, whatever has changed until then. */
  soon(after = SOON) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.load(), after);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** True if I am a guest of a ticket or am asked to come. */
  has(id) {
    return this.items.has(id);
  }

  isGuest(id) {
    return this.items.get(id)?.state === "joined";
  }

  get invitations() {
    return [...this.items.values()].filter(({ state }) => state === "invited");
  }

  join(id) {
    return this.#answer(id, () => this.desk.api.post(`/v1/tickets/${id}/participants/me/accept`));
  }

  decline(id, reason) {
    return this.#answer(id, () => this.desk.api.post(`/v1/tickets/${id}/participants/me/decline`, { reason }));
  }

  leave(id) {
    return this.#answer(id, () => this.desk.api.call("DELETE", `/v1/tickets/${id}/participants/me`));
  }

  take(id) {
    this.desk.takenByMe.add(id);
    return this.#answer(id, () => this.desk.api.post(`/v1/tickets/${id}/escalation/accept`));
  }

  refuse(id, reason) {
    return this.#answer(id, () => this.desk.api.post(`/v1/tickets/${id}/escalation/decline`, { reason }));
  }

  /** Open a note that calls me; from then on it is read. */
  async read(mention) {
    this.desk.show(mention.ticket_id);
    if (mention.read_at) return;
    await this.desk.attempt(() => this.desk.api.post(`/v1/agents/me/mentions/${mention.id}/read`));
    await this.#readMentions().catch(() => null);
    this.desk.changed();
  }

  async #answer(id, deed) {
    const { open } = this.desk;
    if (open?.id === id) await open.act(deed);
    else await this.desk.attempt(deed);
    await this.load();
  }

  async #readItems() {
    const items = await this.desk.api.pages("/v1/agents/me/participations", {}, { most: 3 });
    items.forEach(({ ticket }) => this.desk.tickets.take(ticket));
    this.items = new Map(items.map((item) => [item.ticket.id, item]));
    this.desk.tickets.guestOf(new Set(this.items.keys()));
  }

  /** Until when I am asked is sla's to say, which may come a moment later than the question. */
  async #readAsks() {
    this.asks = (await this.desk.api.get("/v1/agents/me/escalations")).items;
    const isOpen = ({ due_at: due, asked_at: at }) => !due && Date.now() - Date.parse(at) < FRESH;
    if (this.asks.some(isOpen)) this.soon(LATER);
  }

  async #readMentions() {
    this.mentions = (await this.desk.api.get("/v1/agents/me/mentions", { limit: 50 })).items;
    this.unread = this.mentions.filter(({ read_at: at }) => !at).length;
  }
}
