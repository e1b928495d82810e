/**
 * Who is talking: the player the casino vouches for with a signed token, or a visitor nobody knows.
 *
 * The casino's token comes from a function or an address of the casino's own server, which answers `{"token": "..."}` for
 * whoever is signed in there and 204 or 401 for nobody.
 */

import { Problem, request } from "./api.js";

const EARLY = 30_000;

export class Identity {
  #token = null;
  #until = 0;

  /**
   * @param {object} options
   * @param {string} options.origin where Pitboss answers
   * @param {string} options.brand
   * @param {(() => Promise<string | null>) | null} options.tokenSource
   * @param {string | null} options.tokenUrl
   * @param {import("./storage.js").Remembered} options.storage
   */
  constructor(options) {
    Object.assign(this, options);
    /** "player:<id>" or "visitor": whose words and marks are whose in this browser. */
    this.who = null;
  }

  /** Return the visitor of this browser, whoever is signed in. */
  static ofVisitor(options) {
    return Object.assign(new Identity(options), { who: "visitor" });
  }

  get isVisitor() {
    return this.who === "visitor";
  }

  /** Find out who is here; must be called before anything else. */
  async establish() {
    const token = await this.#askCasino();
    if (token) this.#believe(token);
    else this.who = "visitor";
    return this.who;
  }

  /** @returns {Promise<string>} what to present; with `renew` a new one, because the old one was refused */
  async bearer({ renew = false } = {}) {
    if (this.#token && !renew && Date.now() < this.#until - EARLY) return this.#token;
    return this.isVisitor ? this.#visitorToken(renew) : this.#playerToken();
  }

  async #playerToken() {
    const token = await this.#askCasino();
    if (!token || subjectOf(token) !== this.who) throw new Problem({ status: 0, code: "identity" });
    this.#believe(token);
    return token;
  }

  async #askCasino() {
    if (this.tokenSource) return this.tokenSource();
    if (!this.tokenUrl) return null;
    try {
      return (await request(this.tokenUrl, { credentials: "include" }))?.token ?? null;
    } catch (problem) {
      if (problem.status === 401 || problem.status === 404) return null;
      throw problem;
    }
  }

  #believe(token) {
    const { exp } = claimsOf(token);
    this.who = subjectOf(token);
    this.#token = token;
    this.#until = (exp ?? 0) * 1000;
  }

  /** One visitor per browser: of two tabs that come first together, one asks and the other finds the answer. */
  async #visitorToken(renew) {
    const refused = this.#token;
    return alone(`pitboss.${this.brand}.visitor`, async () => {
      const kept = this.storage.get("visitor");
      const isGood = kept && kept.until - EARLY > Date.now() && !(renew && kept.token === refused);
      const visitor = isGood ? kept : await this.#admit();
      this.storage.set("visitor", visitor);
      this.#token = visitor.token;
      this.#until = visitor.until;
      return visitor.token;
    });
  }

  async #admit() {
    const admitted = await request(`${this.origin}/v1/auth/visitor`, { method: "POST", body: { brand: this.brand } });
    return { token: admitted.access_token, until: Date.now() + admitted.expires_in * 1000 };
  }
}

const alone = (name, work) => (navigator.locks ? navigator.locks.request(name, work) : work());

const subjectOf = (token) => `player:${claimsOf(token).sub}`;

/** What the token says; only Pitboss can tell whether it is true. */
const claimsOf = (token) => {
  try {
    const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (char) => char.charCodeAt(0))));
  } catch {
    throw new Problem({ status: 0, code: "identity" });
  }
};
