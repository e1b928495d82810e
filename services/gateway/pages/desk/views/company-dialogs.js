/** Dialogs of working with others: invite, decline, take over, call somebody in a note, what calls me. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { invite, takeOver } from "../deeds.js";
import { when } from "../format.js";
import { colleagues, form, why } from "./forms.js";

const invitable = (desk) => [desk.me.id, desk.open.ticket.assignee_id, ...desk.open.participants.map(({ staff_id: id }) => id)];

const takingOver = (desk) => html`
  ${why(`Why you take it from ${desk.people.name(desk.open.ticket.assignee_id)}`)}
  <label class="check"><input type="checkbox" name="keep" checked /> ${desk.people.name(desk.open.ticket.assignee_id)} stays as a guest</label>
  <p class="aside">Both the colleague and the timeline are told the reason; the player sees your name.</p>`;

/** Add to the note whom it calls; the words stay as they are. */
const call = (open, { to }, desk) => {
  const draft = desk.drafts.of(open.id);
  desk.drafts.write(open.id, { kind: "note", mentions: [...new Set([...(draft.mentions ?? []), to])] });
  desk.changed();
  requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("words")?.focus()));
};

const mentions = (desk, close) => {
  const { mentions: notes } = desk.company;
  if (!notes.length) return html`<p class="empty">No note calls you.</p>`;
  const read = (mention) => {
    close();
    desk.company.read(mention);
  };
  return html`<ul class="mentions">${repeat(notes, (mention) => mention.id, (mention) => html`
    <li><button type="button" class=${mention.read_at ? "" : "unread"} ?autofocus=${mention === notes[0]} @click=${() => read(mention)}>
      <span><b>${mention.author.name ?? "System"}</b> <small>${mention.number} · ${when(mention.mentioned_at)}</small>${mention.read_at ? nothing : html` <small class="new">new</small>`}</span>
      <bdi>${mention.text}</bdi></button></li>`)}</ul>`;
};

export const COMPANY_DIALOGS = {
  invite: {
    title: "Invite a colleague",
    body: form("Invite", (desk) => html`<label>Who ${colleagues(desk, "to", invitable(desk))}</label><label>Why <textarea name="reason" rows="3" maxlength="500" placeholder="What you need"></textarea></label>
      <p class="aside">The ticket stays with its holder, and so do its promises.</p>`, (open, { to, reason }) => invite(open, to, reason)),
  },
  decline: { free: true, title: "Decline the invitation", body: form("Decline", why("Why you do not come"), (_open, { reason }, desk, { dialog }) => desk.company.decline(dialog.about.id, reason)) },
  refuse: { free: true, title: "Decline the escalation", body: form("Decline", why("Why you do not take it; the next in line is asked"), (_open, { reason }, desk, { dialog }) => desk.company.refuse(dialog.about.id, reason)) },
  takeover: { title: "Take over", body: form("Take over", takingOver, (open, { reason, keep }) => takeOver(open, reason, Boolean(keep))) },
  call: { title: "Call a colleague in a note", body: form("Call", (desk) => html`<label>Who ${colleagues(desk, "to", [desk.me.id])}</label>`, call) },
  mentions: { free: true, title: "Notes that call me", body: mentions },
};
