/**
 * One person's conversation in this browser: what was said, what is on its way, who is there, how the connection is.
 * It knows nothing of how that looks; it fires `change` whenever something did.
 */

import { Problem } from "./api.js";
import { Connection } from "./connection.js";
import { Corrections } from "./corrections.js";
import { Delivery } from "./delivery.js";
import { Files } from "./files.js";
import { FRAMES } from "./frames.js";
import { Rating, Reach } from "./reach.js";
import { isMine, Transcript } from "./transcript.js";

const TYPING_LASTS = 6_000;
const TYPING_EVERY = 3_000;
const ABSENCE = 60_000;

export class Conversation extends EventTarget {
  #typedAt = 0;
  #typingTimer = 0;
  #liveAt = 0;
  #abandon = new AbortController();

  /**
   * @param {object} ports
   * @param {import("./api.js").Api} ports.api
   * @param {import("./outbox.js").Outbox} ports.outbox
   * @param {import("./storage.js").Remembered} ports.local
   * @param {string} ports.who
   * @param {string} ports.language
   */
  constructor(ports) {
    super();
    Object.assign(this, ports);
    this.opening = {};
    this.connection = new Connection({
      ask: () => this.#ask(),
      cursors: () => (this.transcript.ticketId ? { [this.transcript.ticketId]: this.transcript.upto } : {}),
      deliver: (frame) => this.#take(frame),
      changed: () => this.#linked(),
    });
    this.delivery = new Delivery(this);
    this.files = new Files(this.api, () => this.changed());
    this.local.watch((name) => name.startsWith(this.outbox.folder) && this.delivery.pump(), this.#abandon.signal);
    this.#forget();
  }

  #forget() {
    this.transcript = new Transcript();
    this.staff = { delivered: 0, read: 0, name: null };
    this.read = 0;
    this.reported = { delivered: 0, read: 0 };
    Object.assign(this, { typing: null, queue: null, endsAt: null, ended: null, problem: null, arrivals: [] });
    this.corrections = new Corrections(this);
    this.rating = new Rating(this);
    this.reach = new Reach(this, this.reach?.offer);
  }

  get link() {
    return this.connection.link;
  }

  get unread() {
    return this.transcript.messages().filter((message) => !isMine(message) && message.seq > this.read).length;
  }

  /** True from the first step into a conversation until it is left behind. */
  get hasBegun() {
    return this.link.phase !== "off" || this.transcript.ticketId !== null || this.outbox.items().length > 0;
  }

  /** Come back to the conversation that this browser was in, if there is one. */
  async resume() {
    this.outbox.holdStale(Date.now());
    const kept = this.local.get(`open.${this.who}`);
    if (kept) {
      this.transcript = new Transcript(kept.ticket_id);
      this.read = kept.read ?? 0;
    }
    if (this.hasBegun) this.begin();
  }

  /** Connect; `opening` is what the conversation is about, if it is a new one. */
  begin(opening = {}) {
    this.opening = { ...this.opening, ...opening };
    if (!this.ended) this.connection.start();
  }

  /** Leave the ended conversation behind and open another one. */
  renew() {
    this.connection.stop();
    this.#forget();
    this.local.set(`open.${this.who}`, null);
    this.connection.start();
  }

  /** Say something: it is kept before it is sent. */
  say(text, inReplyTo) {
    this.outbox.add(text, Date.now(), this.files.take(), { in_reply_to: inReplyTo });
    this.rating.goOn();
    this.begin();
    this.delivery.pump();
  }

  /** The person types: the other side is told, now and then. */
  type() {
    const now = Date.now();
    if (now - this.#typedAt < TYPING_EVERY) return;
    this.#typedAt = now;
    this.connection.send({ t: "typing" });
  }

  /** The person has everything before his eyes. */
  see() {
    const { head, ticketId } = this.transcript;
    if (head <= this.read) return;
    this.read = head;
    if (ticketId) this.local.set(`open.${this.who}`, { ticket_id: ticketId, read: head });
    this.report();
    this.changed();
  }

  /** End the conversation. */
  async end() {
    await this.api.endSession(this.transcript.ticketId);
    this.finish({ reason: "player" });
  }

  /** The person is still there although he says nothing. */
  async stay() {
    this.endsAt = null;
    this.changed();
    await this.api.staySession(this.transcript.ticketId);
  }

  /** Disconnect for good, because the page goes or somebody else is here now. */
  dispose() {
    this.#abandon.abort();
    clearTimeout(this.#typingTimer);
    this.delivery.dispose();
    this.connection.dispose();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }

  /** The server has these words, or this browser learns where they are. */
  keep(message) {
    this.transcript.add(message);
    this.corrections.look(message);
    if (message.client_msg_id) this.outbox.settle(message.client_msg_id);
    if (isMine(message)) this.endsAt = null;
    else this.typing = this.queue = null;
    if (message.author.kind === "staff" && message.seq > this.staff.since) this.staff.name = message.author.name ?? this.staff.name;
  }

  async #ask() {
    try {
      await this.#checkStillOpen();
      const session = await this.api.openSession({ language: this.language, ...this.opening });
      if (this.transcript.ticketId && session.ticket_id !== this.transcript.ticketId) await this.#moveOn();
      this.transcript.ticketId = session.ticket_id;
      this.transcript.hear(session.last_seq);
      /* What was said before tells who spoke, not who is here. */
      Object.assign(this.staff, { name: session.holder, since: session.last_seq });
      this.endsAt = session.inactive_ends_at ?? null;
      this.corrections.within = (session.correct_within ?? 0) * 1000;
      this.local.set(`open.${this.who}`, { ticket_id: session.ticket_id, read: this.read });
      this.problem = null;
      return session;
    } catch (problem) {
      this.problem = problem;
      if (problem.code === "form-incomplete") await this.reach.learn();
      throw problem;
    }
  }

  /** Asking for a session opens a new one if ours has ended meanwhile: after an absence, look first. */
  async #checkStillOpen() {
    if (!this.transcript.ticketId || Date.now() - this.#liveAt < ABSENCE) return;
    try {
      const page = await this.reload();
      if (page.ended_at) {
        this.finish({ reason: "ended" });
        throw new Problem({ status: 0, code: "ended" });
      }
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      this.#forget();
    }
  }

  /** The conversation ended while we were away; what it got of our words must not be said again in the new one. */
  async #moveOn() {
    await this.reload().catch(() => null);
    this.#forget();
  }

  /** Read everything that is missing over HTTP; return the last page. */
  async reload() {
    const { ticketId } = this.transcript;
    for (let after = this.transcript.upto; ; ) {
      const page = await this.api.transcript(ticketId, after);
      page.items.forEach((message) => this.keep(message));
      this.rating.learn(page.rating_wanted);
      this.changed();
      if (page.next_after_seq === null) return page;
      after = page.next_after_seq;
    }
  }

  #linked() {
    if (this.link.phase !== "live") this.typing = null;
    this.delivery.pump();
    this.changed();
  }

  finish(ended) {
    this.ended ??= ended;
    this.queue = this.typing = this.endsAt = null;
    this.changed();
  }

  #take(frame) {
    if (frame.ticket_id && frame.ticket_id !== this.transcript.ticketId) return;
    this.#liveAt = Date.now();
    FRAMES[frame.t]?.(this, frame);
    this.changed();
  }

  /** The other side types, for as long as nothing says otherwise. */
  showTyping(name) {
    this.typing = { name };
    clearTimeout(this.#typingTimer);
    this.#typingTimer = setTimeout(() => {
      this.typing = null;
      this.changed();
    }, TYPING_LASTS);
  }

  /** Tell the server how far we got; marks only rise. */
  report() {
    const { upto } = this.transcript;
    const read = Math.min(this.read, upto);
    if (read > this.reported.read && this.connection.send({ t: "read", seq: read })) {
      this.reported = { delivered: Math.max(read, this.reported.delivered), read };
    }
    if (upto > this.reported.delivered && this.connection.send({ t: "delivered", seq: upto })) this.reported.delivered = upto;
  }
}
