/** The wallboard's figures: sla's board, live, and the last 24 hours hour by hour. */

const HOURS = 24;
const HOUR = 3_600_000;

export class Board {
  constructor(desk) {
    Object.assign(this, { desk, view: null, hours: null, problem: null, isWatched: false });
  }

  async show() {
    this.isWatched = true;
    this.listen();
    await Promise.allSettled([this.#read(), this.#readDay()]);
    this.desk.changed();
  }

  hide() {
    this.isWatched = false;
    this.desk.send({ t: "board", subscribe: false });
  }

  listen() {
    if (this.isWatched) this.desk.send({ t: "board", subscribe: true });
  }

  heard({ t: _kind, ...view }) {
    this.view = view;
  }

  /** The whole desk: sums over all lines. */
  get totals() {
    const lines = this.view?.lines ?? [];
    const sum = (name) => lines.reduce((total, line) => total + (line[name] ?? 0), 0);
    const waits = lines.map((line) => line.oldest_waiting_since).filter(Boolean).sort();
    return {
      waiting: sum("waiting"), withBot: sum("with_bot"), oldest: waits[0] ?? null, breached: sum("breached_today"),
      due: [sum("due_in_5_minutes"), sum("due_in_15_minutes"), sum("due_in_60_minutes")], metrics: kept(lines),
    };
  }

  async #read() {
    this.view = await this.desk.api.get("/v1/sla/board");
    this.desk.changed();
  }

  /** First responses of the last day, at most the first thousand: how many each hour, and how long half of them took. */
  async #readDay() {
    if (!["lead", "admin"].includes(this.desk.me.role)) return;
    const now = Date.now();
    const begin = now - HOURS * HOUR;
    const query = { kind: "first_response", since: new Date(begin).toISOString() };
    const measures = await this.desk.api.pages("/v1/sla/measures", query, { most: 10 });
    this.hours = Array.from({ length: HOURS }, (_, hour) => {
      const inside = measures.filter(({ ended_at: at }) => Math.floor((Date.parse(at) - begin) / HOUR) === hour);
      return { at: begin + hour * HOUR, count: inside.length, median: median(inside.map(({ seconds }) => seconds)) };
    });
  }
}

const kept = (lines) => {
  const sums = new Map();
  for (const line of lines) {
    for (const [kind, { met_today: met, breached_today: breached }] of Object.entries(line.metrics)) {
      const sum = sums.get(kind) ?? { met: 0, breached: 0 };
      sums.set(kind, { met: sum.met + met, breached: sum.breached + breached });
    }
  }
  return [...sums].map(([kind, { met, breached }]) => ({ kind, met, breached, share: met + breached ? met / (met + breached) : null }));
};

const median = (values) => values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? null;
