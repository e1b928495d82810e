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
