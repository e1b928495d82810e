/** A person's own words are changed or withdrawn, for as long as the brand allows it; the server has the last word. */

import { isMine } from "./transcript.js";

export class Corrections {
  /** For how long, in milliseconds, and how far the server's clock is ahead of ours. */
  within = 0;
  skew = 0;
  /** Messages that stayed as they were although the person wanted it otherwise. */
  refused = new Set();

  /** @param {import("./conversation.js").Conversation} conversation */
  constructor(conversation) {
    this.conversation = conversation;
  }

  /** Put other words in the place of a message's, or none (null). */
  wish(messageId, text) {
    const { outbox, delivery } = this.conversation;
    this.refused.delete(messageId);
    outbox.add(text, Date.now(), [], { corrects: messageId });
    delivery.pump();
  }

  /** True while a message may still be changed, as far as can be told here. */
  allow(message) {
    return isMine(message) && !message.withdrawn_at && !this.conversation.ended && this.#left(message) > 0;
  }

  /** Look again at a message when its time is over. */
  look(message) {
    const left = isMine(message) ? this.#left(message) : 0;
    if (left > 0) setTimeout(() => this.conversation.changed(), left + 50);
  }

  #left({ sent_at: at }) {
    return Date.parse(at) + this.within - Date.now() - this.skew;
  }
}
