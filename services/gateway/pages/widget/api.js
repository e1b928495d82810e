/** The HTTP side of Pitboss, as a browser may use it. */

const PATIENCE = 15_000;
const PATIENCE_WITH_FILES = 120_000;
const ANSWER = /^\/(name|email|answers)/;
export const SITE_NOT_LISTED = "site-not-listed";

/** A refusal: `status` 0 means that nobody answered. */
export class Problem extends Error {
  /** @param {{status: number, code?: string, title?: string, detail?: string, retryAfter?: number, errors?: {pointer: string}[], spoke?: object[]}} facts */
  constructor({ status, code = "unknown", title = "", detail = "", retryAfter, errors, spoke }) {
    super(detail || title || code);
    /** Answers in a form that cannot be taken, as "/email" or "/answers/game". */
    const wrong = (status === 422 && errors?.map(({ pointer }) => pointer).filter((one) => ANSWER.test(one))) || [];
    Object.assign(this, { status, code: wrong.length ? "form-incomplete" : code, title, detail, retryAfter, wrong, spoke });
  }
}

export class Api {
  /**
   * @param {string} origin where Pitboss answers
   * @param {import("./identity.js").Identity} identity
   */
  constructor(origin, identity) {
    this.origin = origin;
    this.identity = identity;
    this.wasAnswered = false;
  }

  /** Open the conversation or come back to the open one. */
  openSession(body) {
    return this.call("POST", "/v1/chat/sessions", body);
  }

  /** Read what was said after `seq`. */
  transcript(ticketId, seq) {
    return this.call("GET", `/v1/chat/sessions/${ticketId}/messages?limit=100&after_seq=${seq}`);
  }

  endSession(ticketId) {
    return this.call("POST", `/v1/chat/sessions/${ticketId}/end`);
  }

  staySession(ticketId) {
    return this.call("POST", `/v1/chat/sessions/${ticketId}/stay`);
  }

  rateSession(ticketId, score, comment) {
    return this.call("PUT", `/v1/chat/sessions/${ticketId}/rating`, comment ? { score, comment } : { score });
  }

  /** Go on as a player with the conversation that a visitor's socket ticket proves. */
  claimSession(proof) {
    return this.call("POST", "/v1/chat/claims", { socket_ticket: proof });
  }

  /** Send a file; the same `key` is the same file. */
  upload(file, key, ticketId) {
    const wish = new URLSearchParams({ name: file.name, client_id: key, ...(ticketId && { ticket_id: ticketId }) });
    return this.call("POST", `/v1/attachments?${wish}`, file);
  }

  file(id) {
    return this.call("GET", `/v1/attachments/${id}`);
  }

  fileLink(id) {
    return this.call("POST", `/v1/attachments/${id}/links`);
  }

  /**
   * Call as whoever is here. A browser hides from a page that it may not talk at all: where no call was ever answered,
   * that is asked before the network is blamed.
   *
   * @returns {Promise<any>} the JSON answer, null if there is none
   */
  async call(method, path, body) {
    try {
      const answer = await this.#believed(method, path, body);
      this.wasAnswered = true;
      return answer;
    } catch (problem) {
      this.wasAnswered ||= problem.status > 0;
      if (problem.code === "network" && !this.wasAnswered) await this.#checkSite();
      throw problem;
    }
  }

  async #checkSite() {
    const url = `${this.origin}/widget/site?${new URLSearchParams({ brand: this.identity.brand })}`;
    const site = await request(url).catch(() => null);
    if (site?.is_listed === false) throw new Problem({ status: 0, code: SITE_NOT_LISTED });
  }

  /** A credential that is no longer believed is renewed once. */
  async #believed(method, path, body) {
    try {
      return await this.#attempt(method, path, body, await this.identity.bearer());
    } catch (problem) {
      if (problem.status !== 401) throw problem;
      return this.#attempt(method, path, body, await this.identity.bearer({ renew: true }));
    }
  }

  #attempt(method, path, body, token) {
    const headers = { Authorization: `Bearer ${token}` };
    return request(this.origin + path, { method, headers, body });
  }
}

/**
 * Send one request.
 *
 * @param {string} url
 * @param {{method?: string, headers?: Record<string, string>, body?: object | Blob, credentials?: RequestCredentials}} options
 */
export const request = async (url, { method = "GET", headers = {}, body, credentials = "omit" } = {}) => {
  const isFile = body instanceof Blob;
  const sent = body === undefined || isFile ? headers : { ...headers, "Content-Type": "application/json" };
  let response;
  try {
    response = await fetch(url, {
      method, headers: sent, credentials, cache: "no-store",
      body: isFile ? body : JSON.stringify(body),
      signal: AbortSignal.timeout(isFile ? PATIENCE_WITH_FILES : PATIENCE),
    });
  } catch {
    throw new Problem({ status: 0, code: "network" });
  }
  const answer = response.status === 204 ? null : await response.json().catch(() => null);
  if (response.ok) return answer;
  const retryAfter = Number(response.headers.get("Retry-After")) || undefined;
  throw new Problem({ ...answer, status: response.status, retryAfter });
};
