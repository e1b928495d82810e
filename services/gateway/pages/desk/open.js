/** The ticket on the screen: its words, its promises, what others do with it, and everything one can do to it. */

import { Corrections, corrected, isBehind, newer } from "./corrections.js";
import { renewAround, renewComplaint, renewFiles } from "./around.js";
import { differences } from "./differences.js";
import { Receipts } from "./receipts.js";
import { say } from "./saying.js";

const TYPING_LASTS = 6000;
const TOLD_EVERY = 3000;

export class OpenTicket {
  #lastPage = null;
  #tellAt = 0;
  #tailing = null;
  #nextTail = null;

  constructor(desk, id) {
    Object.assign(this, { desk, id, api: desk.api });
    this.ticket = desk.tickets.get(id) ?? null;
    Object.assign(this, { entries: [], clocks: [], related: [], viewers: [], files: new Map(), choices: new Map(), drafting: [] });
    /** When chat says that words were said: their place among the words that cross them. */
    this.places = new Map();
    Object.assign(this, { participants: [], ban: null, contact: null, complaint: null, reach: null, problem: null, conflict: null, spoke: null, typing: null, macros: null, uploads: [], naming: null, isLoaded: false });
    Object.assign(this, { head: 0, isAtEnd: true, top: 0, isStranded: false, isSending: false, isBusy: false, corrections: new Corrections(this), receipts: new Receipts(this) });
  }

  get path() {
    return `/v1/tickets/${this.id}`;
  }

  /** Everything at once; the words count most, the rest may fail without hiding them. */
  async load() {
    await Promise.all([this.renew(), this.tail(), this.desk.unsent.isWaiting(this.id) || this.desk.drafts.fetch(this.id)]);
    this.isLoaded = true;
    this.listen();
    this.desk.changed();
    await Promise.allSettled([this.renewClocks(), renewAround(this), renewFiles(this)]);
    this.desk.changed();
  }

  /** Tell the others that I look, and hear a conversation that is live. */
  listen() {
    this.desk.send({ t: "view", ticket_id: this.id });
    if (this.ticket?.channel === "web") this.desk.send({ t: "watch", ticket_id: this.id, after_seq: this.head });
    this.receipts.again();
  }

  /** Look no more. What I hold or am a guest of I hear all the same. */
  leave() {
    this.desk.send({ t: "unview", ticket_id: this.id });
    const isMine = this.ticket?.assignee_id === this.desk.me.id || this.desk.company.isGuest(this.id);
    if (this.ticket?.channel === "web" && !isMine) this.desk.send({ t: "unwatch", ticket_id: this.id });
  }

  async renew() {
    const { contact, ...ticket } = await this.api.ticket(this.id);
    this.contact = contact;
    this.ticket = this.desk.tickets.take(ticket);
    this.receipts.tell();
  }

  async renewClocks() {
    this.clocks = (await this.api.get(`${this.path}/sla`)).clocks;
    this.desk.changed();
  }

  /** Read the end of the timeline: from the page on that was the last one. Whoever asks meanwhile is served by one more. */
  tail() {
    this.#nextTail ??= (this.#tailing ?? Promise.resolve()).catch(() => null).then(() => {
      this.#tailing = this.#nextTail;
      this.#nextTail = null;
      return this.#tail();
    });
    return this.#nextTail;
  }

  async #tail() {
    const known = new Map(this.entries.map((entry) => [entry.id, entry]));
    for (let cursor = this.#lastPage; ; ) {
      const page = await this.api.get(`${this.path}/timeline`, { limit: 100, ...(cursor && { cursor }) });
      if (cursor && isBehind(known, page.items)) {
        cursor = null;
        continue;
      }
      this.#lastPage = cursor;
      page.items.forEach((entry) => known.set(entry.id, newer(known.get(entry.id), entry)));
      if (!page.next_cursor) break;
      cursor = page.next_cursor;
    }
    // What the socket brought meanwhile stays.
    this.entries.forEach((entry) => known.set(entry.id, newer(entry, known.get(entry.id) ?? entry)));
    this.#show(known);
    const isUnknown = this.entries.some(({ attachments = [] }) => attachments.some((id) => !this.files.has(id)));
    if (isUnknown && this.isLoaded) renewFiles(this).catch(() => null);
  }

  #show(known) {
    const place = ({ id, occurred_at: at }) => (this.places.get(id) ?? at) + id;
    this.entries = [...known.values()].sort((one, other) => (place(one) < place(other) ? -1 : 1));
    this.entries.forEach(({ author }) => this.desk.people.meet(author));
    this.desk.names.meet(this.id, this.entries.findLast(({ kind, author }) => kind === "message" && author.name)?.author.name);
    this.desk.changed();
  }

  /** Words that the socket brought stand there at once; the timeline puts them right. */
  hear({ id, seq, author, text, sent_at: at, attachments = [], quick_replies: choices }) {
    if (choices?.length) this.choices.set(id, choices);
    this.head = Math.max(this.head, seq);
    if (author.kind !== "staff") this.typing = null;
    this.places.set(id, at);
    const kind = author.kind === "staff" ? "reply" : "message";
    this.#adds({ id, kind, author, text, attachments, occurred_at: at });
    this.receipts.tell();
  }

  /** A note that the socket brought, likewise. */
  hearNote({ id, author, text, occurred_at: at, attachments = [] }) {
    if (this.#adds({ id, kind: "note", author, text, attachments, occurred_at: at })) this.tail().catch(() => null);
  }

  /** Words that say something else from now on, or nothing. */
  hearCorrection({ message_id: id, seq, text, at }) {
    this.head = Math.max(this.head, seq);
    const known = new Map(this.entries.map((entry) => [entry.id, entry]));
    if (known.has(id)) this.#show(known.set(id, corrected(known.get(id), { text, at })));
  }

  /** Read something more, and say if that is refused. */
  look(reading) {
    return this.try("look", reading);
  }

  #adds(entry) {
    const known = new Map(this.entries.map((one) => [one.id, one]));
    const isNew = !known.has(entry.id);
    this.#show(isNew ? known.set(entry.id, { ...entry, version: 0 }) : known);
    return isNew;
  }

  /** A fact: what is newer of the ticket, and its line in the timeline. */
  async happened(ticket) {
    this.ticket = this.desk.tickets.take(ticket);
    this.receipts.tell();
    const isNew = this.ticket.complaint_id && !this.complaint;
    await Promise.allSettled([this.tail(), this.renewClocks(), isNew && renewComplaint(this)]);
  }

  typed(author) {
    this.typing = { name: author?.name ?? this.desk.names.of(this.ticket), until: Date.now() + TYPING_LASTS };
    this.desk.changed();
  }

  /** Tell that I type, every few seconds; of a note players hear nothing. */
  tellTyping() {
    if (Date.now() < this.#tellAt || this.desk.drafts.of(this.id).kind !== "reply") return;
    this.#tellAt = Date.now() + TOLD_EVERY;
    this.desk.send({ t: "typing", ticket_id: this.id });
  }

  /** Say what is written. */
  say(how) {
    return say(this, how);
  }

  /** Words of mine that were sent again after a while were refused. */
  async wasRefused(problem) {
    await this.#refused(problem);
    this.desk.changed();
  }

  async useMacro(macro) {
    if (macro.text) {
      this.desk.drafts.write(this.id, { text: macro.text, macro: { id: macro.id, name: macro.name, actions: macro.actions, language: macro.language } });
      return;
    }
    await this.act(() => this.api.post(`${this.path}/macros/${macro.id}`, { send: false }));
  }

  async fetchMacros() {
    this.macros = (await this.api.get("/v1/macros", { ticket_id: this.id, active: true, limit: 100 })).items;
    this.desk.changed();
  }

  /**
   * Change fields of the version I see. If a colleague was faster, show what is different and keep what I wanted; what the
   * player said or the queue did meanwhile is no reason to ask.
   */
  async edit(changes) {
    const before = this.ticket;
    const isLate = () => this.#set(changes).then(() => false, (problem) => {
      if (problem.status !== 412) throw problem;
      return true;
    });
    await this.try("edit", async () => {
      if (await isLate()) {
        await this.renew();
        await this.tail();
        const by = this.#changedBy(before.version);
        if (by || (await isLate())) this.conflict = { changes, differences: differences(before, this.ticket), by };
      }
      await this.renewClocks().catch(() => null);
    });
  }

  async #set(changes) {
    this.ticket = this.desk.tickets.take(await this.api.edit(this.ticket, changes));
    this.conflict = null;
  }

  /** Do something that answers with the ticket, or with something else after which it is read again. */
  async act(deed) {
    await this.try("act", async () => {
      await deed();
      await Promise.allSettled([this.renew(), this.tail(), this.renewClocks(), renewAround(this)]);
    });
  }

  async openFile(id) {
    await this.try("file", async () => {
      const { url } = await this.api.call("POST", `/v1/attachments/${id}/links`);
      open(url, "_blank", "noopener");
    });
  }

  /** Words wait for no edit, nor edits for words: each has a mark of its own while it is under way. */
  async try(name, deed) {
    const mark = name === "say" ? "isSending" : "isBusy";
    this.problem = null;
    this[mark] = true;
    this.desk.changed();
    try {
      await deed();
    } catch (problem) {
      await this.#refused(problem);
    } finally {
      this[mark] = false;
      this.desk.changed();
    }
  }

  async #refused(problem) {
    if (problem.code === "ticket-changed") {
      await this.tail().catch(() => null);
      this.spoke = problem.message;
    } else this.problem = problem;
  }

  #changedBy(version) {
    const isColleague = ({ kind, id }) => ["staff", "server"].includes(kind) && id !== this.desk.me.id;
    const news = this.entries.filter((entry) => entry.version > version && isColleague(entry.author));
    return [...new Set(news.map((entry) => entry.author.name ?? entry.author.kind))].join(", ");
  }
}
