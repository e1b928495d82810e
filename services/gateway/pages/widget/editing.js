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
