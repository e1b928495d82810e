/** The HTTP side of the desk: every request it makes, in the API's own terms. */

import { request } from "../widget/api.js";

const once = () => crypto.randomUUID();

export class Api {
  /** @param {import("./session.js").Session} session */
  constructor(session) {
    this.session = session;
  }

  /** Call as who is signed in; a token that is no longer believed is renewed once. */
  async call(method, path, body, headers = {}) {
    const attempt = async (renew) => {
      const token = await this.session.bearer({ renew });
      return request(path, { method, body, headers: { ...headers, Authorization: `Bearer ${token}` } });
    };
    try {
      return await attempt(false);
    } catch (problem) {
      if (problem.status !== 401 || !this.session.kept) throw problem;
      return attempt(true);
    }
  }

  get(path, query = {}) {
    return this.call("GET", `${path}${asked(query)}`);
  }

  post(path, body, key = once()) {
    return this.call("POST", path, body, { "Idempotency-Key": key });
  }

  /** Read all pages of a list, at most `most` of them; `each` sees every page as it comes. */
  async pages(path, query, { most = 10, each = () => null } = {}) {
    const items = [];
    let cursor = null;
    for (let page = 0; page < most; page += 1) {
      const answer = await this.get(path, { limit: 100, ...query, ...(cursor && { cursor }) });
      items.push(...answer.items);
      each(answer.items);
      cursor = answer.next_cursor;
      if (!cursor) break;
    }
    return items;
  }

  ticket(id) {
    return this.get(`/v1/tickets/${id}`);
  }

  edit(ticket, changes) {
    return this.call("PATCH", `/v1/tickets/${ticket.id}`, changes, { "If-Match": `"${ticket.version}"` });
  }

  changeView(view, changes) {
    return this.call("PATCH", `/v1/views/${view.id}`, changes, { "If-Match": `"${view.version}"` });
  }

  assign(id, assigneeId, version) {
    const match = version === undefined ? {} : { "If-Match": `"${version}"` };
    return this.call("PUT", `/v1/tickets/${id}/assignment`, { assignee_id: assigneeId }, match);
  }

  tag(id, tag, on) {
    return this.call(on ? "PUT" : "DELETE", `/v1/tickets/${id}/tags/${encodeURIComponent(tag)}`);
  }

  saveDraft(id, kind, text) {
    return this.call("PUT", `/v1/tickets/${id}/draft`, { kind, text });
  }

  dropDraft(id) {
    return this.call("DELETE", `/v1/tickets/${id}/draft`);
  }

  upload(file, ticketId, key) {
    return this.call("POST", `/v1/attachments${asked({ name: file.name, client_id: key, ticket_id: ticketId })}`, file);
  }

  status(status) {
    return this.call("PUT", "/v1/staff/me/status", { status });
  }

  socketTicket() {
    return this.call("POST", "/v1/desk/socket-tickets", {});
  }
}

const asked = (query) => {
  const pairs = Object.entries(query).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
};
