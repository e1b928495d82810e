/**
 * Brings the outbox to the server, one message at a time and in order: the next leaves when the one before is written, so
 * that a refusal in between cannot turn them around.
 */

const ANSWER_WITHIN = 15_000;
const RETRY_AFTER = 2_000;
const AGAIN = new Set([0, 408, 425, 429, 500, 502, 503, 504]);

export class Delivery {
  /** What this tab has sent on this connection: the words of an `ack`, even if another tab has settled them by then. */
  #sent = new Map();
  #underway = null;
  /** What was underway when the server last ended a connection because of what it was sent. */
  #suspect = null;
  #timer = 0;

  /** @param {import("./conversation.js").Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
    /** Until when the server asked for patience, in milliseconds since 1970. */
    this.pausedUntil = 0;
  }

  /** A new connection knows nothing of what was sent over the old one. */
  restart() {
    this.#underway = null;
    this.pump();
  }

  /** Send what is next, if that is possible now. */
  pump() {
    const { connection, outbox, transcript } = this.conversation;
    if (connection.link.phase !== "live") this.#interrupted(connection.link.reason);
    else if (this.#underway === null && Date.now() >= this.pausedUntil) {
      const item = outbox.next();
      if (item && transcript.has(item.client_msg_id)) {
        outbox.settle(item.client_msg_id);
        this.pump();
        return;
      }
      if (item && connection.send(frameOf(item))) this.#await(item);
    }
    this.conversation.changed();
  }

  /** Words that end one connection after the other are as good as refused: they would keep back all that stands behind. */
  #interrupted(reason) {
    const id = this.#underway;
    this.#underway = null;
    if (!id || reason !== "unreadable") return;
    if (this.#suspect === id) this.refused({ client_msg_id: id, problem: { code: reason, status: 400 } });
    this.#suspect = id;
  }

  acknowledged({ client_msg_id: id, seq, id: messageId, sent_at: sentAt }) {
    const item = this.#sent.get(id);
    if (item) {
      this.conversation.corrections.skew = Date.parse(sentAt) - Date.now();
      const author = { kind: "player", id: null, name: null };
      const { text, attachments, corrects } = item;
      const entry = corrects ? { message_id: corrects, at: sentAt } : { attachments, sent_at: sentAt };
      this.conversation.keep({ seq, id: messageId, author, text, client_msg_id: id, ...entry });
      this.#sent.delete(id);
    }
    this.#done(id);
  }

  refused({ client_msg_id: id, problem }) {
    const { conversation } = this;
    const corrects = this.#sent.get(id)?.corrects;
    if (corrects && !AGAIN.has(problem.status)) {
      conversation.corrections.refused.add(corrects);
      conversation.outbox.settle(id);
    } else if (problem.code === "session-has-ended") {
      this.#underway = null;
      conversation.renew();
      return;
    } else if (AGAIN.has(problem.status)) this.#pause((problem.retry_after ?? 0) * 1000 || RETRY_AFTER, problem);
    else conversation.outbox.hold(id, { code: problem.code, status: problem.status });
    this.#done(id);
  }

  dispose() {
    clearTimeout(this.#timer);
  }

  #await(item) {
    this.#sent.set(item.client_msg_id, item);
    this.#underway = item.client_msg_id;
    this.#later(ANSWER_WITHIN);
  }

  #done(id) {
    if (this.#underway === id) this.#underway = null;
    this.pump();
  }

  #pause(milliseconds, problem) {
    this.pausedUntil = Date.now() + milliseconds;
    this.conversation.problem = problem;
    this.#later(milliseconds);
  }

  /** Whatever happens, look again: a lost answer must not hold up the words behind it. */
  #later(milliseconds) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#underway = null;
      if (Date.now() >= this.pausedUntil) this.conversation.problem = null;
      this.pump();
    }, milliseconds);
  }
}

const frameOf = ({ client_msg_id, text, attachments, corrects, in_reply_to }) =>
  corrects
    ? { t: "correct", client_msg_id, message_id: corrects, text }
    : { t: "send", client_msg_id, text, attachments, in_reply_to };
