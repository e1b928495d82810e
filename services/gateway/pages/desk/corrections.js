/** Words that were said are corrected or withdrawn: what shows of it, who may, and what they said before. */

const KINDS = ["reply", "note"];
const HEARD_HERE = ["web", "form"];
const SENIORS = ["senior", "lead", "admin"];
const BY_CORRECTION = ["corrected", "withdrawn"];

/** Return an entry as a correction leaves it; `text` null: nothing is left. */
export const corrected = (entry, { text, at }) =>
  text === null ? { ...entry, text: "", attachments: [], withdrawn_at: at, edited_at: null } : { ...entry, text, edited_at: at };

/** Return what was read of an entry, unless the socket has told of a correction that whoever was asked had not heard of. */
export const newer = (known, read) => (known && since(known) > since(read) ? known : read);

const since = ({ withdrawn_at: withdrawn, edited_at: edited }) => Date.parse(withdrawn ?? edited ?? 0);

/** True if a page tells of a correction of words that stand outside it and are older than that. */
export const isBehind = (known, page) => {
  const read = new Set(page.map((entry) => entry.id));
  return page.some(({ change, occurred_at: at }) => {
    if (!BY_CORRECTION.includes(change?.what) || read.has(change.message_id)) return false;
    return since(known.get(change.message_id) ?? { edited_at: at }) < Date.parse(at);
  });
};

export class Corrections {
  /** What words said before, by their id, where somebody wants to see it. */
  histories = new Map();

  /** @param {import("./open.js").OpenTicket} open */
  constructor(open) {
    this.open = open;
  }

  /** True if these are my words and still young enough; the server has the last word. */
  mayCorrect(entry) {
    const { desk } = this.open;
    return this.#isHere(entry) && this.isMine(entry) && Date.now() < Date.parse(entry.occurred_at) + desk.correctWithin * 1000;
  }

  /** Seniors withdraw any reply. */
  mayWithdraw(entry) {
    const isSenior = SENIORS.includes(this.open.desk.me.role) && entry.kind === "reply";
    return this.mayCorrect(entry) || (isSenior && this.#isHere(entry));
  }

  isMine({ author }) {
    return author.kind === "staff" && author.id === this.open.desk.me.id;
  }

  /** My newest words that I may still change. */
  get newest() {
    return this.open.entries.findLast((entry) => this.mayCorrect(entry)) ?? null;
  }

  correct(entry, text) {
    return this.open.act(() => this.open.api.call("PATCH", this.#path(entry), { text }));
  }

  withdraw(entry, reason) {
    const why = reason?.trim() ? { "X-Pitboss-Reason": encodeURIComponent(reason.trim()) } : {};
    return this.open.act(() => this.open.api.call("DELETE", this.#path(entry), undefined, why));
  }

  /** Show what words said before, or hide it again; who looks is recorded. */
  async toggle({ id }) {
    if (this.histories.delete(id)) return this.open.desk.changed();
    this.histories.set(id, []);
    return this.open.look(() => this.#read(id).catch((problem) => {
      this.histories.delete(id);
      throw problem;
    }));
  }

  /** What is shown has got longer: a correction in the chat is on the screen a moment before the ticket knows of it. */
  renew() {
    return this.open.look(() => Promise.all([...this.histories.keys()].map((id) => this.#read(id))));
  }

  /** Histories only grow: the longest answer is the newest, whichever comes last. */
  async #read(id) {
    const { items } = await this.open.api.get(`${this.#path({ id })}/history`);
    if (items.length > this.histories.get(id)?.length) this.histories.set(id, items.slice(0, -1));
  }

  /** What has left by e-mail stays, and a copy is corrected where it was said. */
  #isHere(entry) {
    const stays = entry.kind === "note" || HEARD_HERE.includes(this.open.ticket.channel);
    return KINDS.includes(entry.kind) && stays && !entry.withdrawn_at && !entry.copied_from;
  }

  #path({ id }) {
    return `${this.open.path}/messages/${id}`;
  }
}
