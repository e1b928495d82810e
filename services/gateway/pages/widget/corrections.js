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

/** One's own words are changed in the box where one writes; what was half written there waits meanwhile. */
export class Editing {
  /** The message that is being changed. */
  message = null;
  #kept = "";

  constructor(ui, write) {
    this.ui = ui;
    this.write = write;
  }

  /** What is kept of the box if the page goes: never words that would then be said anew. */
  get draft() {
    return this.message ? this.#kept : this.ui.draft;
  }

  begin(message) {
    this.#kept = this.draft;
    this.message = message;
    this.write(message.text);
  }

  /** Leave the message as it is; false if none was being changed. */
  leave() {
    if (!this.message) return false;
    this.message = null;
    this.write(this.#kept);
    return true;
  }

  /** Let the message say `text`; false if none was being changed, so that these are new words. */
  finish(conversation, text) {
    const { message } = this;
    if (!message) return false;
    if (text.trim()) this.leave();
    if (text.trim() && text !== message.text) conversation.corrections.wish(message.id, text);
    return true;
  }
}
