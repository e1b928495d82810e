/** What is arranged with a person beside the words: how he is reached, and how he says that it was. */

import { SITE_NOT_LISTED } from "./api.js";

/** Whether anybody answers soon, where somebody gets e-mails who is not here, the chat as an e-mail. */
export class Reach {
  /** The chat as an e-mail: "ask" for an address, or "sent". */
  mailing = null;

  /** @param {import("./conversation.js").Conversation} conversation */
  constructor(conversation, offer) {
    Object.assign(this, { conversation, offer });
  }

  /** Why nobody answers soon, as long as nothing was said. */
  get absence() {
    return this.conversation.transcript.head ? null : this.offer?.absence;
  }

  /** Ask what to expect; who cannot be told is told nothing. */
  async learn() {
    const { api, connection, language } = this.conversation;
    try {
      this.offer = await api.call("GET", `/v1/chat/offer?language=${language}`);
    } catch ({ code }) {
      this.offer = null;
      if (code === SITE_NOT_LISTED) connection.happen({ t: "barred" });
    }
    this.conversation.changed();
  }

  /** Be answered there. */
  async leave(email) {
    await this.#call("PUT", "address", { email });
    this.offer.email_known = true;
  }

  /** Have all of it sent, to `email` only where no address is known. */
  async mail(email) {
    try {
      await this.#call("POST", "transcript", { email });
      this.mailing = "sent";
    } catch (problem) {
      if (problem.code !== "address-missing") throw problem;
      this.mailing = "ask";
    }
  }

  #call(method, what, body) {
    const { api, transcript } = this.conversation;
    return api.call(method, `/v1/chat/sessions/${transcript.ticketId}/${what}`, body);
  }
}

/** How it was: the server asks each time a matter is settled or the conversation ends, and is answered once each time. */
export class Rating {
  score = null;
  /** "asked", "later" (not now, but at the end), "sent", or null. @type {string | null} */
  stage = null;

  /** @param {import("./conversation.js").Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
  }

  /** The server asks. */
  ask() {
    Object.assign(this, { score: null, stage: "asked" });
  }

  /** A page of the transcript tells whether an answer is still wanted: it was asked while nobody listened here. */
  learn(isWanted) {
    if (isWanted) this.stage ??= "asked";
    else if (this.stage !== "sent") this.stage = null;
  }

  choose(score) {
    this.score = score;
    this.conversation.changed();
  }

  /** Not now: it is asked again when the conversation ends. */
  putOff() {
    this.stage = "later";
    this.conversation.changed();
  }

  async send(comment) {
    const { api, transcript } = this.conversation;
    await api.rateSession(transcript.ticketId, this.score, comment);
    this.stage = "sent";
    this.conversation.changed();
  }

  /** The conversation goes on: nobody has to be thanked any more. */
  goOn() {
    if (this.stage === "sent") this.stage = null;
  }
}
