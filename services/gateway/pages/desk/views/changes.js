/** Changes in the timeline: what was done to the ticket and by whom, in words. */

import { html, nothing } from "../../vendor/lit.js";
import { unmerge } from "../deeds.js";
import { because, label, language, moment, time, when } from "../format.js";

export const change = (desk, open, { change: what, author, occurred_at: at }) => html`
  <p class="change"><bdi>${desk.names.author(author, open.ticket)}</bdi> ${told(desk, what ?? {}, author)} <time datetime=${at} title=${moment(at)}>${time(at)}</time></p>`;

const told = (desk, fact, author) => {
  const { what, before, after, changes = {}, cause, reason, status: begun, waiting_on: office } = fact;
  if (what === "opened") return `opened the ticket (${label(begun)})`;
  if (what === "status") return html`set the status from ${label(before)} to <b>${label(after)}${office ? `: ${label(office)}` : ""}</b>`;
  if (what === "assignee" && fact.taken_over) return html`took it over from <b>${desk.people.name(before)}</b>: <bdi>${fact.reason}</bdi>`;
  if (what === "assignee" && after === author.id) return "took it";
  if (what === "assignee") return after ? html`gave it to <b>${desk.people.name(after)}</b>` : "gave it back to the queue";
  if (what === "corrected") return "corrected what was said";
  if (what === "withdrawn") return html`withdrew what was said${reason ? html`: <bdi>${reason}</bdi>` : nothing}`;
  if (what === "escalation") return `escalated: ${because(cause)}`;
  if (what === "escalation_withdrawn") return `took the escalation back: ${because(cause)}`;
  if (what === "escalation_accepted") return "accepted the escalation";
  if (what === "escalation_declined") return html`declined the escalation: <bdi>${reason}</bdi>${fact.next_senior_id ? html`; <b>${desk.people.name(fact.next_senior_id)}</b> is asked` : nothing}`;
  if (what === "fields") return fields(desk, changes);
  return related(desk, fact) ?? people(desk, fact, author) ?? label(what).toLowerCase();
};

/** Who came to the conversation or did not, and why. */
const people = (desk, { what, staff_id: id, name, reason, cause, had_joined: joined }, author) => {
  const who = html`<b>${name ?? desk.people.name(id)}</b>`;
  const because = reason ? html`: <bdi>${reason}</bdi>` : nothing;
  if (what === "invited") return html`asked ${who} in${because}`;
  if (what === "joined") return author.id === id ? "joined" : html`keeps ${who} in the conversation`;
  if (what === "declined") return html`does not come${because}`;
  if (what !== "left") return null;
  if (author.id === id && cause === "left") return joined ? "left" : "does not come";
  if (cause === "holds") return html`– ${who} is no guest any more`;
  return joined ? html`let ${who} go` : html`asks ${who} no more`;
};

/** What it has to do with another ticket: what was merged can be parted again within a day. */
const related = (desk, { what, reason, ...fact }) => {
  const link = (id, text) => html`<button type="button" class="link" @click=${() => desk.show(id)}>${text}</button>`;
  if (what === "merged") return html`merged it into ${link(fact.survivor_id, fact.survivor_number)}${reason ? html`: <bdi>${reason}</bdi>` : nothing}`;
  if (what === "absorbed") return html`merged ${link(fact.merged_id, fact.merged_number)} into this one
    <button type="button" class="link" aria-label="Take the merge of ${fact.merged_number} back" @click=${() => unmerge(desk.open, fact.merged_id)}>Undo</button>`;
  if (what === "unmerged") return "took the merge back";
  if (what === "released") return html`took the merge of another ticket back: ${link(fact.merged_id, "Open it")}`;
  if (what === "split") return html`split words off: ${link(fact.new_ticket_id, "Open the new ticket")}`;
  if (what === "linked") return html`linked it with another ticket: ${link(fact.other_id, "Open it")}`;
  if (what === "unlinked") return html`does not link it any more with ${link(fact.other_id, "another ticket")}`;
  return null;
};

/** What a field of the ticket is called, and how its values are said; the brand's own fields have names of their own. */
const FIELDS = {
  team_id: ["team", (desk, id) => desk.teams.find((team) => team.id === id)?.name ?? "another team"],
  reason: ["reason", (desk, code) => desk.reasons.find((reason) => reason.code === code)?.name ?? code],
  language: ["language", (_desk, tag) => language(tag)],
  priority: ["priority", (_desk, value) => label(value)],
  snoozed_until: ["end of the snooze", (_desk, at) => when(at)],
  waiting_on: ["back office", (_desk, value) => label(value)],
};

const fields = (desk, { complaint_id: complaint, ...changes }) => {
  const told = Object.entries(changes).map(([name, [before, after]]) => {
    const own = name.replace(/^fields\./, "");
    const [called, say] = FIELDS[name] ?? [desk.ownFields.find(({ key }) => key === own)?.label ?? label(own).toLowerCase(), (_desk, one) => value(one)];
    const said = (one) => (one === null || one === undefined ? "none" : say(desk, one));
    return `changed ${called} from ${said(before)} to ${said(after)}`;
  });
  return [...(complaint ? ["registered a complaint"] : []), ...told].join(", ");
};

const value = (one) => (Array.isArray(one) ? one.join(", ") || "none" : typeof one === "object" ? "other values" : one);
