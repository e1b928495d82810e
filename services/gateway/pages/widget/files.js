/**
 * Files of the conversation: what is known of those that messages carry, and those on their way up.
 *
 * @typedef {{id: string, name: string, size: number | null, state: "pending" | "ready" | "rejected" | "deleted"}} Facts
 * @typedef {{key: string, name: string, size: number, state: "sending" | "sent" | "failed", id: string | null}} Upload
 */

const ASK_AGAIN = 5_000;
const LARGEST = 20 * 1024 * 1024;
export const ACCEPTED = "image/jpeg,image/png,image/webp,image/gif,application/pdf,video/mp4,text/plain";

export class Files {
  #known = new Map();
  /** @type {Upload[]} what the next message will carry */
  uploads = [];

  /**
   * @param {import("./api.js").Api} api
   * @param {() => void} changed
   */
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
  }

  get isSending() {
    return this.uploads.some((upload) => upload.state === "sending");
  }

  /**
   * Return what is known of a file; what is not is asked for, once.
   *
   * @param {string} id
   * @returns {Facts | null}
   */
  facts(id) {
    if (!this.#known.has(id)) {
      this.#known.set(id, null);
      this.api.file(id).then((facts) => this.learn(facts), (problem) => this.#miss(id, problem));
    }
    return this.#known.get(id);
  }

  /** Nobody answered: ask again when the file is shown next, a while later. A refusal is final. */
  #miss(id, { status }) {
    if (status >= 400 && status < 500 && status !== 429) this.learn({ id, name: "", state: "deleted" });
    else setTimeout(() => this.#known.delete(id), ASK_AGAIN);
  }

  /** The server says where a file stands. */
  learn({ id, name, size, state }) {
    this.#known.set(id, { id, name, size: size ?? null, state });
    this.changed();
  }

  /** Send a file up; the next message will carry it. */
  async add(file, ticketId) {
    const upload = { key: crypto.randomUUID(), name: file.name, size: file.size, state: "sending", id: null };
    this.uploads = [...this.uploads, upload];
    this.changed();
    try {
      if (file.size > LARGEST) throw new RangeError("larger than the server takes");
      const facts = await this.api.upload(file, upload.key, ticketId);
      Object.assign(upload, { id: facts.id, name: facts.name, state: "sent" });
      this.learn(facts);
    } catch {
      upload.state = "failed";
      this.changed();
    }
  }

  remove(upload) {
    this.uploads = this.uploads.filter((one) => one !== upload);
    this.changed();
  }

  /** Hand over the files for a message: their ids; those that failed stay to be seen. */
  take() {
    const sent = this.uploads.filter((upload) => upload.state === "sent");
    this.uploads = this.uploads.filter((upload) => upload.state !== "sent");
    return sent.map((upload) => upload.id);
  }

  /** Open a file by a link that is good for minutes. */
  async open(id) {
    const { url } = await this.api.fileLink(id);
    const link = document.createElement("a");
    Object.assign(link, { href: url, target: "_blank", rel: "noopener noreferrer" });
    link.click();
  }
}
