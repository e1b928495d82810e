/** Looking for words in all tickets while they are typed: the newest question counts, whichever is answered last. */

const PAUSE = 250;
const LEAST = 2;

export class Search {
  #timer = 0;
  #asked = 0;
  #from = "queue";

  constructor(desk) {
    Object.assign(this, { desk, text: "", isBusy: false });
  }

  get query() {
    return this.text.trim();
  }

  /** The box says something else: look for it once the typing pauses. */
  type(text) {
    this.text = text;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.look(), PAUSE);
    this.desk.changed();
  }

  /** Look at once; fewer than two letters look for nothing and lead back. */
  async look() {
    const { desk, query } = this;
    this.#forget();
    if (query.length < LEAST) {
      if (desk.list === "search") desk.turnTo(this.#from);
      return;
    }
    if (desk.list !== "search") this.#begin();
    desk.selection.clear();
    this.isBusy = true;
    const question = this.#asked;
    const isNewest = () => question === this.#asked;
    await desk.attempt(async () => {
      try {
        await desk.tickets.find("search", "/v1/tickets", { q: query }, isNewest);
      } catch (problem) {
        if (isNewest()) throw problem;
      }
    });
    if (!isNewest()) return;
    this.isBusy = false;
    desk.cursor.reset();
  }

  /** Empty the box, and lead back to the list that was there before. */
  end() {
    this.text = "";
    this.#forget();
    if (this.desk.list === "search") this.desk.turnTo(this.#from);
    this.desk.changed();
  }

  stop() {
    this.#forget();
  }

  #begin() {
    this.#from = this.desk.list;
    this.desk.tickets.forget("search");
    this.desk.turnTo("search");
  }

  /** Whatever is under way is not wanted any more. */
  #forget() {
    clearTimeout(this.#timer);
    this.#asked += 1;
    this.isBusy = false;
  }
}
