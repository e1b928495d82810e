/**
 * What was said, each message once and in its place, whatever order it arrived in. A correction has a place of its own and
 * names the message (`message_id`) that says something else from there on, or nothing (`text` null).
 *
 * @typedef {object} Message
 * @property {number} seq
 * @property {string} id
 * @property {{kind: string, id: string | null, name: string | null}} author
 * @property {string} text
 * @property {string} sent_at
 * @property {string} [client_msg_id]
 * @property {object[]} [attachments]
 * @property {string[]} [quick_replies]
 * @property {string} [edited_at]
 * @property {string} [withdrawn_at]
 */

export class Transcript {
  #bySeq = new Map();

  /** @param {string | null} ticketId */
  constructor(ticketId = null) {
    this.ticketId = ticketId;
    /** Everything up to here is complete: the cursor of a reconnect. */
    this.upto = 0;
    /** The newest heard of. */
    this.head = 0;
  }

  /**
   * Put a message in its place.
   *
   * @param {Message} message
   * @returns {boolean} false if it was there
   */
  add(message) {
    if (this.#bySeq.has(message.seq)) return false;
    this.#bySeq.set(message.seq, message);
    this.hear(message.seq);
    while (this.#bySeq.has(this.upto + 1)) this.upto += 1;
    return true;
  }

  /** The server says how far the conversation got; true if something is missing here. */
  hear(seq) {
    this.head = Math.max(this.head, seq);
    return this.head > this.upto;
  }

  /** @returns {Message[]} in order, with the words that count now */
  messages() {
    const entries = [...this.#bySeq.values()].sort((one, other) => one.seq - other.seq);
    const newest = new Map(entries.filter((entry) => entry.message_id).map((entry) => [entry.message_id, entry]));
    return entries.filter((entry) => !entry.message_id).map((message) => corrected(message, newest.get(message.id)));
  }

  has(clientMsgId) {
    return [...this.#bySeq.values()].some((message) => message.client_msg_id === clientMsgId);
  }
}

/** Return a message as a correction leaves it; what was withdrawn has neither words nor files. */
export const corrected = (message, { text, at } = message) => {
  if (text === message.text) return message;
  return text === null ? { ...message, text: "", attachments: [], withdrawn_at: at } : { ...message, text, edited_at: at };
};

const PLAYERS = new Set(["player", "visitor"]);

/** True for words of the person at this widget, said here or elsewhere. */
export const isMine = ({ author }) => PLAYERS.has(author.kind);

/**
 * Group messages for the eye: one author within five minutes is one block, days are set apart.
 *
 * @param {{author: {kind: string, id: string | null}, sent_at: string}[]} messages
 * @returns {{day: string | null, first: boolean, last: boolean}[]} beside each message
 */
export const grouped = (messages) => {
  const joins = messages.map((message, index) => index > 0 && isContinued(messages[index - 1], message));
  return messages.map((message, index) => ({
    day: index === 0 || dayOf(messages[index - 1]) !== dayOf(message) ? message.sent_at : null,
    first: !joins[index],
    last: !joins[index + 1],
  }));
};

const PAUSE = 5 * 60 * 1000;
const voice = (message) => (isMine(message) ? "me" : `${message.author.kind} ${message.author.id}`);
const dayOf = ({ sent_at: at }) => new Date(at).toDateString();
const isContinued = (one, other) =>
  voice(one) === voice(other) &&
  dayOf(one) === dayOf(other) &&
  new Date(other.sent_at) - new Date(one.sent_at) < PAUSE;
