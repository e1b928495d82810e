/** The address of the page names the ticket that is open: a reload, the way back and a link to a colleague lead to it. */

const BEGIN = "#/tickets/";
const ID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/;
const REFUSED = [403, 404, 422];
const GONE = { status: 404, title: "There is no such ticket", detail: "It is not there, or it is another brand's." };

export class Address {
  /**
   * @param {import("./desk-state.js").Desk} desk
   * @param {AbortSignal} signal ends it
   */
  constructor(desk, signal) {
    this.desk = desk;
    addEventListener("hashchange", () => this.follow(), { signal });
  }

  /** The ticket that is named, if one is. */
  get ticket() {
    return location.hash.startsWith(BEGIN) ? location.hash.slice(BEGIN.length).toLowerCase() : null;
  }

  /** Name what is open now; null: nothing is. */
  put(id) {
    if (id !== this.ticket) history.pushState(null, "", id ? `${BEGIN}${id}` : location.pathname + location.search);
  }

  /** Name nothing and leave no way back: nothing was there, or it is no business of whoever comes next. */
  forget() {
    history.replaceState(null, "", location.pathname + location.search);
  }

  /** Open what is named. A dialog was about what was open before, so it goes. */
  follow() {
    const { desk, ticket } = this;
    if (ticket === (desk.open?.id ?? null)) return;
    desk.dialog = null;
    if (!ticket) desk.close();
    else if (ID.test(ticket)) desk.show(ticket);
    else this.#leave(GONE);
  }

  /**
   * Read a ticket. One of which nothing is known makes room for the list if it cannot be had; its address stays if nobody
   * answered, so that it is opened once somebody does.
   */
  async lead(open) {
    open.isStranded = false;
    try {
      await open.load();
    } catch (problem) {
      open.isStranded = true;
      const told = problem.status === GONE.status ? GONE : problem;
      if (!open.ticket && this.desk.open === open) this.#leave(told);
      throw told;
    }
  }

  #leave(problem) {
    const { desk } = this;
    if (REFUSED.includes(problem.status)) this.forget();
    desk.open?.leave();
    Object.assign(desk, { open: null, isCardOpen: false, problem });
    desk.changed();
  }
}
