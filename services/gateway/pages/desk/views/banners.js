/** What stands on top of the page until somebody answers it: invitations, escalations, what is wrong. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { because, label, language, span } from "../format.js";
import { choose } from "../keys.js";
import { countdown, problemBox } from "./parts.js";

/** So many invitations stand here; the others wait in their list. */
const MOST = 3;

export const banners = (desk) => html`
  ${!navigator.onLine || (!desk.isLive && desk.tickets.loaded.has("queue"))
    ? html`<p class="banner offline" role="status">${navigator.onLine ? "Connecting again…" : "You are offline."} What you write is kept, what you send goes out afterwards.</p>`
    : nothing}
  ${desk.unsent.size ? html`<p class="banner waiting" role="status">${desk.unsent.size === 1 ? "One answer or note waits" : `${desk.unsent.size} answers and notes wait`} to be sent.</p>` : nothing}
  ${[...desk.stalled.values()].map(({ queue, tickets, since }) => html`
    <p class="banner stalled" role="status">Nobody is there for <strong>${line(desk, queue)}</strong>: ${tickets} waiting for ${span(Date.now() - Date.parse(since))}.</p>`)}
  ${repeat(desk.company.asks, (ask) => `ask ${ask.ticket_id}`, (ask) => asked(desk, ask))}
  ${repeat(desk.company.invitations.slice(0, MOST), ({ ticket }) => `invitation ${ticket.id}`, (invitation) => invited(desk, invitation))}
  ${desk.company.invitations.length > MOST
    ? html`<p class="banner call"><button type="button" @click=${() => desk.choose("guest")}>${desk.company.invitations.length - MOST} more ask for you</button></p>`
    : nothing}
  ${problemBox(desk.problem, () => { desk.problem = null; desk.changed(); })}
`;

/** What waits in a queue, by its name `rank:language:team`; "any" where everything will do. */
const line = (desk, name) => {
  const [rank, tag, team] = name.split(":");
  const whose = team !== "any" && (desk.teams.find(({ id }) => id === team)?.name ?? "another team");
  return [label(rank), tag !== "any" && language(tag), whose].filter(Boolean).join(", ");
};

const asked = (desk, ask) => html`
  <div class="banner call" role="status">
    <p>You are asked to take <strong>${ask.number}</strong> <bdi>${ask.subject}</bdi> <small><bdi>${because(ask.cause)}</bdi></small> ${countdown(ask.due_at)}</p>
    <p class="buttons">
      <button type="button" @click=${() => desk.show(ask.ticket_id)}>Look</button>
      <button type="button" class="primary" aria-label="Accept ${ask.number}" @click=${() => desk.company.take(ask.ticket_id)}>Accept</button>
      <button type="button" aria-label="Decline ${ask.number}" @click=${() => choose(desk, "refuse", { about: { id: ask.ticket_id, number: ask.number } })}>Decline</button>
    </p>
  </div>`;

const invited = (desk, { ticket, invited_by: by, invited_by_name: name, reason }) => html`
  <div class="banner call" role="status">
    <p><strong>${name ?? desk.people.name(by)}</strong> asks you into <strong>${ticket.number}</strong> <bdi>${ticket.subject}</bdi> ${reason ? html`<small><bdi>${reason}</bdi></small>` : nothing}</p>
    <p class="buttons">
      <button type="button" @click=${() => desk.show(ticket.id)}>Look</button>
      <button type="button" class="primary" aria-label="Join ${ticket.number}" @click=${() => desk.company.join(ticket.id).then(() => desk.show(ticket.id))}>Join</button>
      <button type="button" aria-label="Decline ${ticket.number}" @click=${() => choose(desk, "decline", { about: { id: ticket.id, number: ticket.number } })}>Decline</button>
    </p>
  </div>`;
