/** Who of the staff is in a ticket: its holder, guests, and those who are asked to come. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { dismiss } from "../deeds.js";
import { when } from "../format.js";
import { choose } from "../keys.js";
import { iconButton } from "./parts.js";

export const people = (desk, open) => {
  const { ticket, participants } = open;
  const mine = desk.company.items.get(open.id);
  if (!ticket.assignee_id && !participants.length && !mine && !mayInvite(desk, ticket)) return nothing;
  return html`
    <section class="people">
      <h2>People</h2>
      <ul>
        ${ticket.assignee_id ? html`<li><span>${desk.people.name(ticket.assignee_id)}${ticket.assignee_id === desk.me.id ? " (me)" : ""}</span><small>has it</small></li>` : nothing}
        ${repeat(participants.filter(({ staff_id: id }) => id !== ticket.assignee_id), ({ staff_id: id }) => id, (one) => participant(desk, open, one))}
      </ul>
      <p class="buttons">
        ${mine?.state === "invited" ? html`<button type="button" class="primary" @click=${() => desk.company.join(open.id)}>Join</button>` : nothing}
        ${mine?.state === "joined" ? html`<button type="button" @click=${() => desk.company.leave(open.id)}>Leave</button>` : nothing}
        ${mayInvite(desk, ticket) ? html`<button type="button" @click=${() => choose(desk, "invite")}>Invite</button>` : nothing}
      </p>
    </section>`;
};

export const mayInvite = (desk, { assignee_id: holder }) => holder === desk.me.id || desk.isSenior;

const participant = (desk, open, { staff_id: id, name, state, invited_by: by, reason, invited_at: at }) => {
  const shown = name ?? desk.people.name(id);
  const mayGo = id !== desk.me.id && (desk.isLead || open.ticket.assignee_id === desk.me.id || (state === "invited" && by === desk.me.id));
  return html`
    <li title=${reason ?? nothing}><span>${shown}${id === desk.me.id ? " (me)" : ""}</span>
      <small>${state === "joined" ? "guest" : `asked ${when(at)}`}</small>
      ${mayGo ? iconButton("cross", state === "joined" ? `Let ${shown} go` : `Ask ${shown} no more`, () => dismiss(open, id)) : nothing}</li>`;
};
