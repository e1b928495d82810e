/** How somebody is reached who is not here: whether anybody answers soon, where he gets e-mails, the chat as an e-mail. */

import { SITE_NOT_LISTED } from "./api.js";

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
