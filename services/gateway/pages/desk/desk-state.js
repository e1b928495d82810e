/** The desk of one person: what is known, what is open, and the one place from which it is drawn again. */

import { Connection } from "../widget/connection.js";
import { Address } from "./address.js";
import { Api } from "./api.js";
import { Board } from "./board.js";
import { claim } from "./claiming.js";
import { Company } from "./company.js";
import { Cursor } from "./cursor.js";
import { Drafts } from "./drafts.js";
import { FRAMES } from "./frames.js";
import { Names } from "./names.js";
import { OpenTicket } from "./open.js";
import { People } from "./people.js";
import { Search } from "./search.js";
import { Selection } from "./selection.js";
import { Tickets } from "./tickets.js";
import { Toasts } from "./toasts.js";
import { Unsent } from "./unsent.js";

const SOON = 1200;
const LEAST_GAP = 3000;
const FEED_EVERY = 15_000;

export class Desk {
  #feedTimer = 0;
  #fedAt = 0;
  #timers = [];
  #ended = new AbortController();

  constructor(session, changed, draw) {
    Object.assign(this, { session, changed, draw, api: new Api(session), me: { ...session.person } });
    this.people = new People(this.me);
    this.names = new Names(this.people);
    this.tickets = new Tickets(this.api, this.me.id, changed);
    this.drafts = new Drafts(this.api, this.me.id);
    this.unsent = new Unsent(this);
    this.board = new Board(this);
    this.company = new Company(this);
    this.cursor = new Cursor(this);
    this.search = new Search(this);
    this.selection = new Selection(this);
    this.address = new Address(this, this.#ended.signal);
    Object.assign(this, { list: "queue", open: null, page: "tickets", dialog: null, isCardOpen: false });
    Object.assign(this, { views: [], counts: new Map(), reasons: [], teams: [], ownFields: [], toasts: new Toasts(changed), stalled: new Map(), problem: null });
    this.takenByMe = new Set();
    this.correctWithin = 0;
    /** How far each conversation had got when the socket said hello: what it repeats up to there is no news. */
    this.heads = {};
    this.isHere = navigator.onLine;
  }

  /** Connect, and load what the page needs; what fails comes with the next turn of the feed. */
  async start() {
    this.connection = new Connection({
      ask: () => this.api.socketTicket(),
      cursors: () => ({}),
      deliver: (frame) => this.#hear(frame),
      changed: () => this.changed(),
    });
    this.connection.start();
    this.address.follow();
    const { signal } = this.#ended;
    addEventListener("online", () => this.unsent.send(), { signal });
    document.addEventListener("visibilitychange", () => this.open?.receipts.tell(), { signal });
    this.#timers.push(setInterval(() => this.feedSoon(0), FEED_EVERY));
    const asked = [this.tickets.load(), this.people.load(this.api), this.loadChoices(), this.company.load(), this.unsent.send()];
    const failed = (await Promise.allSettled(asked)).find((one) => one.status === "rejected");
    if (failed) this.problem = failed.reason;
    this.changed();
  }

  stop() {
    this.#timers.forEach(clearInterval);
    clearTimeout(this.#feedTimer);
    this.#ended.abort();
    this.address.forget();
    this.company.stop();
    this.search.stop();
    this.unsent.stop();
    this.connection?.dispose();
  }

  /** True for those who may take a ticket from somebody, ban a player or call anybody in. */
  get isSenior() {
    return ["senior", "lead", "admin"].includes(this.me.role);
  }

  get isLead() {
    return ["lead", "admin"].includes(this.me.role);
  }

  get isLive() {
    return this.connection?.link.phase === "live";
  }

  send(frame) {
    return this.connection?.send(frame) ?? false;
  }

  /** The saved view on the left, if one is. */
  get shownView() {
    return this.views.find(({ id }) => this.list === `view:${id}`) ?? null;
  }

  get rows() {
    return this.tickets.rows(this.list);
  }

  /** Show a list as it is known, from its first row on. */
  turnTo(list) {
    Object.assign(this, { list, page: "tickets" });
    this.cursor.reset();
    this.selection.clear();
    if (this.board.isWatched) this.board.hide();
    this.open?.receipts.tell();
    this.changed();
  }

  async choose(list) {
    if (list !== "search") this.search.end();
    this.turnTo(list);
    if (list.startsWith("view:")) await this.attempt(() => this.tickets.find(list, `/v1/views/${list.slice(5)}/tickets`, {}));
  }

  async show(id) {
    this.page = "tickets";
    this.toasts.met(id);
    if (this.open?.id === id) {
      this.open.receipts.tell();
      return this.open.isStranded ? this.read() : this.changed();
    }
    this.open?.leave();
    this.open = new OpenTicket(this, id);
    this.address.put(id);
    if (this.rows.some((row) => row.id === id)) this.cursor.put(id);
    this.changed();
    await this.read();
  }

  /** Read what is open; once more, if nobody answered when it was opened. */
  read() {
    return this.attempt(() => this.address.lead(this.open));
  }

  close() {
    this.open?.leave();
    Object.assign(this, { open: null, isCardOpen: false });
    this.address.put(null);
    this.changed();
  }

  async showBoard() {
    this.page = "board";
    this.changed();
    await this.board.show();
  }

  /** Give a ticket to somebody: `me`, an id, or null for the queue. */
  async assign(id, who) {
    if (who === "me") this.takenByMe.add(id);
    if (this.open?.id === id) return this.open.act(() => this.api.assign(id, who));
    return this.attempt(async () => this.tickets.take(await this.api.assign(id, who)));
  }

  /** Take a ticket: from the queue at once, from a colleague with a reason if I may, as I could before if not. */
  async take(id) {
    const holder = this.tickets.get(id)?.assignee_id;
    if (!holder) return this.open?.id === id ? this.open.act(() => claim(this, id)) : this.attempt(() => claim(this, id));
    if (holder === this.me.id || !this.isSenior) return this.assign(id, "me");
    await this.show(id);
    this.dialog = { name: "takeover", query: "", place: 0 };
    return this.changed();
  }

  /** Keep a list by name; `view` is the one that is changed, none: a new one. */
  async saveView(view, wanted) {
    await this.attempt(async () => {
      const saved = view ? await this.api.changeView(view, wanted) : await this.api.post("/v1/views", wanted);
      await this.loadChoices();
      await this.choose(`view:${saved.id}`);
    });
  }

  async dropView(view) {
    await this.attempt(async () => {
      await this.api.call("DELETE", `/v1/views/${view.id}`, undefined, { "If-Match": `"${view.version}"` });
      await this.loadChoices();
      await this.choose("queue");
    });
  }

  async setStatus(status) {
    await this.attempt(async () => this.people.amNow(await this.api.status(status)));
  }

  /** Say something in passing, of a ticket if it is named; screen readers hear it too. */
  say(text, ticketId) {
    this.toasts.say(text, ticketId);
  }

  /** Ask for changes in a moment, together with whatever changes until then. */
  feedSoon(after = SOON) {
    if (this.#feedTimer) return;
    const wait = Math.max(after, this.#fedAt + LEAST_GAP - Date.now(), 0);
    this.#feedTimer = setTimeout(() => this.catchUp(), wait);
  }

  async catchUp() {
    clearTimeout(this.#feedTimer);
    this.#feedTimer = 0;
    this.#fedAt = Date.now();
    if (!this.tickets.loaded.has("queue")) return;
    const list = this.list;
    try {
      await this.tickets.feed();
      if (list.startsWith("view:")) await this.tickets.find(list, `/v1/views/${list.slice(5)}/tickets`, {});
      const kept = this.open && this.tickets.get(this.open.id);
      if (kept && this.open.ticket && kept.version > this.open.ticket.version) await this.open.happened(kept);
      this.isHere = true;
      this.unsent.send();
    } catch (problem) {
      this.isHere = problem.status !== 0;
    }
    this.changed();
  }

  #hear(frame) {
    FRAMES[frame.t]?.(this, frame);
    this.changed();
  }

  async loadChoices() {
    const [views, counts, reasons, teams, policy, fields] = await Promise.allSettled([
      this.api.get("/v1/views", { limit: 100 }), this.api.get("/v1/views/counts"), this.api.get("/v1/reasons"),
      this.api.get("/v1/teams", { limit: 100 }), this.api.get("/v1/tickets/policy"),
      this.api.pages("/v1/ticket-fields", {}, { most: 1 }),
    ]);
    this.correctWithin = policy.value?.correct_within ?? 0;
    this.views = views.value?.items ?? [];
    this.counts = new Map((counts.value?.items ?? []).map((one) => [one.view_id, one]));
    this.reasons = (reasons.value?.items ?? []).filter(({ active }) => active).map((one) => ({ ...one, area: reasons.value.groups[one.group] ?? one.group }));
    this.teams = teams.value?.items ?? [];
    this.ownFields = (fields.value ?? []).filter((field) => field.active);
  }

  /** Do something that may be refused; what is refused stands on top of the page. */
  async attempt(deed) {
    this.problem = null;
    try {
      await deed();
    } catch (problem) {
      this.problem = problem;
    }
    this.changed();
  }
}
