/** The card on the right: who the player is, what was promised, and what can be set. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { lift } from "../deeds.js";
import { label, language, moment, span, when } from "../format.js";
import { choose } from "../keys.js";
import { ownFields } from "./own-fields.js";
import { countdown, iconButton, status } from "./parts.js";
import { people } from "./people.js";

const WORKED = ["open", "pending", "waiting", "snoozed", "resolved", "closed"];
const PRIORITIES = ["low", "normal", "high", "urgent"];

export const card = (desk) => {
  const { open } = desk;
  if (!open?.ticket) return nothing;
  const { ticket } = open;
  return html`
    <aside class="card" aria-label="Ticket card">
      ${iconButton("cross", "Close the card", () => { desk.isCardOpen = false; desk.changed(); }, "card-close")}
      ${player(desk, open)} ${reached(open)} ${people(desk, open)} ${promises(open)} ${fields(desk, open)} ${ownFields(desk, open)} ${tags(open)} ${ticket.merged_into ? nothing : deeds(desk, open)} ${related(desk, open)}
    </aside>`;
};

const player = (desk, { ticket, ban, complaint }) => html`
  <section>
    <h2>Player</h2>
    <p class="player-name"><bdi>${desk.names.of(ticket)}</bdi> ${ticket.tier ? html`<span class="tier">${ticket.tier}</span>` : nothing}</p>
    <dl>
      <dt>Account</dt><dd><bdi>${ticket.player_id ?? "none"}</bdi></dd>
      <dt>Language</dt><dd>${ticket.language ? language(ticket.language) : "unknown"}</dd>
      ${ticket.licence ? html`<dt>Licence</dt><dd>${ticket.licence}</dd>` : nothing}
      <dt>Opened</dt><dd>${when(ticket.created_at)}</dd>
      ${lawfully(complaint)}
    </dl>
    ${ticket.complaint_id ? html`<p class="complaint">Complaint registered</p>` : nothing}
    ${ban ? banned(desk, ban) : nothing}
  </section>`;

/** Until when the law wants the complaint answered: its day, which no countdown of weeks tells. */
const lawfully = (complaint) => {
  const { legal_due_at: at, final_response_at: answered, closed_at: closed } = complaint ?? {};
  return at && !answered && !closed ? html`<dt>Answer by law</dt><dd class="lawful">${moment(at)}</dd>` : nothing;
};

const banned = (desk, { reason, until }) => html`
  <p class="banned"><strong>Banned from the chat</strong> ${until ? `until ${when(until)}` : "until it is lifted"}: <bdi>${reason}</bdi>
    ${desk.isSenior ? html`<button type="button" @click=${() => lift(desk.open)}>Lift the ban</button>` : nothing}</p>`;

const DELIVERIES = {
  waiting: "Not read yet", undelivered: "Not delivered yet: no e-mail address is known", told: "Not read, on its way by e-mail",
  sent: "Not read, sent by e-mail", failed: "Not delivered: the e-mail was refused",
};

/** Who writes from outside, what a live player said of himself, which both prove nothing, and whether the answers got to him. */
const reached = ({ contact, reach }) => {
  const { name, email, vouched_email: vouched, answers = {}, delivery, unread, mail_at: at } = reach ?? {};
  const written = [["Writes as", contact?.name], ["Writes from", contact?.address]];
  const facts = [...written, ["Name given", name], ["E-mail", vouched], ["E-mail given", vouched ? null : email], ...Object.entries(answers)];
  const known = facts.filter(([, value]) => value);
  if (!known.length && !DELIVERIES[delivery]) return nothing;
  return html`
    <section class="reach">
      <h2>Contact</h2>
      <dl>${known.map(([term, value]) => html`<dt><bdi>${term}</bdi></dt><dd><bdi>${value}</bdi></dd>`)}</dl>
      ${DELIVERIES[delivery] ? html`<p class="aside">${DELIVERIES[delivery]} (${unread})${at ? html`, by e-mail ${when(at)}` : nothing}</p>` : nothing}
    </section>`;
};

const promises = ({ clocks }) => {
  const told = clocks.filter(({ state }) => state !== "cancelled");
  if (!told.length) return nothing;
  return html`<section><h2>Promises</h2><ul class="clocks">${told.map(clock)}</ul></section>`;
};

/** A bar from the beginning to the due time; it stands still while the clock does. */
const clock = ({ kind, state, started_at: from, due_at: to, ended_at: ended, paused_at: paused, met_at: met }) => {
  const at = Date.parse(ended ?? met ?? paused ?? new Date().toISOString());
  const share = Math.max(0, Math.min(1, (at - Date.parse(from)) / Math.max(1, Date.parse(to) - Date.parse(from))));
  const isRunning = state === "running" || state === "warned";
  const tone = state === "breached" ? "late" : state === "met" ? "met" : state === "paused" ? "paused" : share > 0.8 ? "soon" : "calm";
  return html`
    <li class="clock clock-${tone}">
      <span>${label(kind)}</span>
      <span>${isRunning ? countdown(to) : state === "met" ? `kept in ${span(at - Date.parse(from))}` : label(state)}</span>
      <svg viewBox="0 0 100 4" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="4" /><rect class="fill" width=${(share * 100).toFixed(1)} height="4" /></svg>
    </li>`;
};

const fields = (desk, open) => {
  const { ticket } = open;
  const setStatus = (value) => {
    if (value === "waiting" || value === "snoozed") choose(desk, value);
    else open.edit({ status: value });
  };
  const statuses = WORKED.includes(ticket.status) ? WORKED : [ticket.status, ...WORKED];
  return html`
    <section>
      <h2>Ticket</h2>
      ${select("Status", "field-status", ticket.status, statuses.map((one) => [one, label(one)]), setStatus, open)}
      ${ticket.waiting_on ? html`<p class="aside">for ${label(ticket.waiting_on)}</p>` : nothing}
      ${ticket.snoozed_until ? html`<p class="aside">until ${when(ticket.snoozed_until)}</p>` : nothing}
      ${select("Priority", "field-priority", ticket.priority, PRIORITIES.map((one) => [one, label(one)]), (priority) => open.edit({ priority }), open)}
      ${select("Reason", "field-reason", ticket.reason ?? "", [["", "No reason"], ...reasons(desk, ticket)], (reason) => open.edit({ reason: reason || null }), open)}
      ${desk.teams.length ? select("Team", "field-team", ticket.team_id ?? "", [["", "No team"], ...desk.teams.map(({ id, name }) => [id, name])], (team) => open.edit({ team_id: team || null }), open) : nothing}
    </section>`;
};

/** By area; what the ticket has stands there also if it is in use no more. */
const reasons = (desk, { reason }) => {
  const areas = new Map();
  for (const { area, code, name } of desk.reasons) areas.set(label(area), [...(areas.get(label(area)) ?? []), [code, name]]);
  const known = [...areas].sort(([one], [other]) => one.localeCompare(other));
  return reason && !desk.reasons.some(({ code }) => code === reason) ? [[reason, reason], ...known] : known;
};

/** An option, or a group of them under its name. */
const option = (chosen) => ([key, text]) =>
  Array.isArray(text)
    ? html`<optgroup label=${key}>${text.map(option(chosen))}</optgroup>`
    : html`<option value=${key} .selected=${key === chosen}>${text}</option>`;

const select = (name, id, value, options, changed, open) => {
  const pick = ({ target }) => {
    const wanted = target.value;
    target.value = value;
    changed(wanted);
  };
  return html`<label class="field" for=${id}><span>${name}</span>
    <select id=${id} ?disabled=${open.isBusy || Boolean(open.ticket.merged_into)} @change=${pick}>
      ${options.map(option(value))}
    </select></label>`;
};

const tags = (open) => {
  const set = (tag, on) => open.act(() => open.api.tag(open.id, tag, on));
  const submit = (event) => {
    event.preventDefault();
    const tag = event.target.elements.tag.value.trim();
    if (tag) set(tag, true);
    event.target.reset();
  };
  return html`
    <section>
      <h2>Tags</h2>
      <ul class="tags">${repeat(open.ticket.tags, (tag) => tag, (tag) => html`<li><bdi>${tag}</bdi>${iconButton("cross", `Remove ${tag}`, () => set(tag, false))}</li>`)}</ul>
      <form class="tag-form" @submit=${submit}><input name="tag" aria-label="Add a tag" placeholder="Add a tag" maxlength="60" autocomplete="off" /></form>
    </section>`;
};

const deeds = (desk, open) => html`
  <section class="deeds">
    <h2>Actions</h2>
    <button type="button" @click=${() => choose(desk, "transfer")}>Transfer</button>
    <button type="button" @click=${() => choose(desk, "escalate")}>Escalate</button>
    <button type="button" @click=${() => choose(desk, "merge")}>Merge</button>
    <button type="button" @click=${() => choose(desk, "split")}>Split</button>
    ${desk.isSenior && !open.ban && open.ticket.channel === "web" ? html`<button type="button" @click=${() => choose(desk, "ban")}>Ban</button>` : nothing}
    ${open.ticket.complaint_id ? nothing : html`<button type="button" @click=${() => choose(desk, "complaint")}>Complaint</button>`}
  </section>`;

const related = (desk, { related: others }) =>
  others.length
    ? html`<section><h2>Other tickets</h2><ul class="related">${repeat(others, ({ id, relation }) => `${id} ${relation}`, (one) => html`
        <li><button type="button" @click=${() => desk.show(one.id)}>
          <bdi>${one.subject}</bdi> <small>${one.number}${one.relation ? ` · ${label(one.relation)}` : ""}</small> ${status(one.status)}
        </button></li>`)}</ul></section>`
    : nothing;
