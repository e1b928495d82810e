/** Words that were sent while nobody answered: they wait here, in order, and are sent again until somebody does. */

import { informed, isUnanswered, wasSaid } from "./saying.js";

const KEY = "pitboss.desk.unsent";
const FIRST = 1000;
const LONGEST = 30_000;

/** @typedef {{ticketId: string, key: string, path: string, body: object, draft: object, files: object[], refusal?: string}} Item */

export class Unsent {
  #timer = 0;
  #wait = FIRST;
  #underWay = null;
  #name;

  constructor(desk) {
    this.desk = desk;
    this.#name = `${KEY}.${desk.me.id}`;
    /** @type {Item[]} */
    this.items = JSON.parse(sessionStorage.getItem(this.#name) ?? "[]");
  }

  of(ticketId) {
    return this.items.filter((item) => item.ticketId === ticketId);
  }

  /** How many are still to be sent. */
  get size() {
    return this.#waiting.length;
  }

  isWaiting(ticketId) {
    return this.#waiting.some((item) => item.ticketId === ticketId);
  }

  isUnderWay(item) {
    return item === this.#underWay;
  }

  /** Keep words until they are sent. */
  keep(item) {
    this.#put([...this.items, item]);
    this.#later();
  }

  /** Send what waits, first things first; what gets no answer waits on, and whatever follows waits behind it. */
  async send() {
    if (this.#underWay || !this.desk.session.kept) return;
    clearTimeout(this.#timer);
    for (let [item] = this.#waiting; item; [item] = this.#waiting) {
      if (!(await this.#send(item))) return this.#later();
    }
    this.#wait = FIRST;
  }

  /** Put words that wait back into the box, unless they are on their way or would get among words for others. */
  takeBack(item) {
    if (this.isUnderWay(item)) return;
    if (this.#fits(item)) this.#giveBack(item, item.draft);
    else this.desk.say("First send or empty what is in the box");
  }

  stop() {
    clearTimeout(this.#timer);
  }

  get #waiting() {
    return this.items.filter(({ refusal }) => !refusal);
  }

  async #send(item) {
    this.#underWay = item;
    this.desk.changed();
    try {
      await this.desk.api.post(item.path, item.body, item.key);
      this.#drop(item);
      if (this.desk.open?.id === item.ticketId) wasSaid(this.desk.open);
      return true;
    } catch (problem) {
      if (isUnanswered(problem) || problem.status === 401) return false;
      const again = informed(item, problem, new Set(item.shown));
      if (again) this.#put(this.items.map((one) => (one === item ? { ...again, draft: { ...item.draft, sealed: undefined } } : one)));
      else this.#refused(item, problem);
      return true;
    } finally {
      this.#underWay = null;
      this.desk.changed();
    }
  }

  /** The words go back into the box, where there is room for them, with the reason. */
  #refused(item, problem) {
    const { open } = this.desk;
    const hasRoom = this.#fits(item) && (open?.id === item.ticketId || !item.files.length);
    if (hasRoom) this.#giveBack(item, { ...item.draft, sealed: undefined });
    else this.#put(this.items.map((one) => (one === item ? { ...item, refusal: problem.title || problem.message } : one)));
    if (open?.id === item.ticketId) open.wasRefused(problem);
    else this.desk.say(`Not sent: ${this.desk.tickets.get(item.ticketId)?.number ?? ""} (${problem.title || problem.message})`, item.ticketId);
  }

  #fits({ ticketId, draft }) {
    const written = this.desk.drafts.of(ticketId);
    return !written.text.trim() || written.kind === draft.kind;
  }

  #giveBack(item, draft) {
    this.desk.drafts.restore(item.ticketId, draft);
    const { open } = this.desk;
    if (open?.id === item.ticketId) open.uploads = [...item.files, ...open.uploads];
    this.#drop(item);
  }

  #drop(item) {
    this.#put(this.items.filter((one) => one !== item));
  }

  #put(items) {
    this.items = items;
    sessionStorage.setItem(this.#name, JSON.stringify(items));
    this.desk.changed();
  }

  #later() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.send(), this.#wait);
    this.#wait = Math.min(LONGEST, this.#wait * 2);
  }
}
