/** Who is signed in on this tab. The token lives a quarter of an hour and is renewed before anybody notices. */

import { Problem, request } from "../widget/api.js";

const KEY = "pitboss.desk.session";
const EARLY = 60_000;

export class Session {
  #renewing = null;

  constructor(changed) {
    this.changed = changed;
    this.kept = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
  }

  get person() {
    return this.kept?.staff ?? null;
  }

  get brand() {
    return this.kept?.brand ?? "";
  }

  async signIn({ email, password, brand }) {
    const body = { email, password, ...(brand && { brand }) };
    this.#keep(await request("/v1/auth/token", { method: "POST", body }));
  }

  /** Return a token that is believed; `renew` it if the last one was not. Those who ask meanwhile share the answer. */
  async bearer({ renew = false } = {}) {
    if (!this.kept) throw new Problem({ status: 401, code: "signed-out", title: "You are signed out" });
    if (renew || Date.now() > this.kept.expiresAt - EARLY) await (this.#renewing ??= this.#renew());
    return this.kept.access_token;
  }

  async signOut() {
    const headers = { Authorization: `Bearer ${this.kept?.access_token}` };
    this.#keep(null);
    await request("/v1/auth/session", { method: "DELETE", headers }).catch(() => null);
  }

  async #renew() {
    try {
      const body = { refresh_token: this.kept.refresh_token };
      this.#keep(await request("/v1/auth/refresh", { method: "POST", body }));
    } catch (problem) {
      if (problem.status === 401 || problem.status === 403) this.#keep(null);
      throw problem;
    } finally {
      this.#renewing = null;
    }
  }

  #keep(token) {
    this.kept = token && { ...token, expiresAt: Date.now() + token.expires_in * 1000 };
    if (token) sessionStorage.setItem(KEY, JSON.stringify(this.kept));
    else sessionStorage.removeItem(KEY);
    this.changed();
  }
}
