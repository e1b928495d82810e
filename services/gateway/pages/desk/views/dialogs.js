/** What is asked before something is done: one dialog at a time, native, so that the keyboard stays inside. */

import { html, nothing } from "../../vendor/lit.js";
import { ban, split } from "../deeds.js";
import { label, when } from "../format.js";
import { KEYS } from "../keys.js";
import { LISTS } from "../tickets.js";
import { COMPANY_DIALOGS } from "./company-dialogs.js";
import { chooses, form, options, why } from "./forms.js";
import { isShown } from "./list.js";
import { LIST_DIALOGS } from "./list-dialogs.js";
import { iconButton } from "./parts.js";
import { macros, palette } from "./palette.js";

export const dialogs = (desk) => {
  const { dialog } = desk;
  if (!dialog || (!DIALOGS[dialog.name].free && !desk.open)) return nothing;
  const close = () => {
    desk.dialog = null;
    desk.changed();
  };
  const { title, body } = DIALOGS[dialog.name];
  return html`
    <dialog class="dialog-${dialog.name}" aria-label=${title} @close=${() => desk.dialog === dialog && close()} @click=${({ target }) => target.tagName === "DIALOG" && close()}>
      <div class="inside">
        ${dialog.name === "palette" ? nothing : html`<header><h2>${title}</h2>${iconButton("cross", "Close", close)}</header>`}
        ${body(desk, close)}
      </div>
    </dialog>`;
};

/** To whom a ticket may go; whoever is not there is said to be so before it does. */
const people = (desk) => {
  const chosen = desk.people.get(desk.dialog.to);
  return html`
    <label>To <select name="to" required autofocus @change=${chooses(desk)}>
      <option value="" disabled selected hidden>Choose</option>
      ${options(desk, [desk.open.ticket.assignee_id])}
      <option value="queue">Back to the queue</option>
    </select></label>
    <p class="aside" role="status">${chosen?.active === false ? `${desk.people.name(chosen.id)} works here no more.` : ["away", "offline"].includes(chosen?.status) ? `${desk.people.name(chosen.id)} is ${chosen.status} and may not see it soon.` : nothing}</p>`;
};

/** The same player's tickets to choose from, and room for the number of any other. */
const merging = (desk) => {
  const others = desk.open.related.filter((one) => !(desk.tickets.get(one.id) ?? one).merged_into);
  return html`
    ${others.length
      ? html`<fieldset class="words-list"><legend>Ticket that stays</legend>${others.map((one, place) => html`
          <label class="check"><input type="radio" name="chosen" value=${one.id} ?autofocus=${!place} /> <span><bdi>${one.subject}</bdi> <small>${one.number} · ${label(one.status)}</small></span></label>`)}
          <label class="check"><input type="radio" name="chosen" value="" checked /> Another one</label></fieldset>`
      : nothing}
    <label>Number of the ticket that stays <input name="into" minlength="2" ?required=${!others.length} ?autofocus=${!others.length} autocomplete="off" placeholder="LUCKY-1042" /></label>
    <p class="aside">Can be undone within 24 hours.</p>`;
};

const merge = async (open, { chosen, into }, desk) =>
  open.act(async () => {
    const survivor = await open.api.post(`${open.path}/merge`, { into: chosen || (await numbered(open, into.trim())).id });
    desk.say(`Merged into ${survivor.number}`);
  });

const numbered = async (open, number) => {
  const { items } = number ? await open.api.get("/v1/tickets", { q: number, limit: 10 }) : { items: [] };
  const found = items.find((one) => one.number.toLowerCase() === number.toLowerCase());
  if (found) return found;
  const title = number ? `There is no ticket ${number}` : "Choose the ticket that stays";
  throw Object.assign(new Error(title), { status: 404, title });
};

/** The player's words, of which those that are chosen become a ticket of their own. */
const words = (desk) => html`
  <label>Subject of the new ticket <input name="subject" required maxlength="200" autofocus autocomplete="off" /></label>
  <fieldset class="words-list"><legend>Words</legend>${desk.open.entries.filter(({ kind, moved_to: gone }) => kind === "message" && !gone).map(({ id, text, occurred_at: at }) => html`
    <label class="check"><input type="checkbox" name="words" value=${id} /> <span><small>${when(at)}</small> <bdi>${text}</bdi></span></label>`)}</fieldset>
  <p class="aside">The words stay here too and say where they went.</p>`;

const splitOff = (open, { subject }, desk, { data }) => {
  const ids = data.getAll("words");
  if (ids.length) split(open, ids, subject);
  else desk.say("Choose the words that belong to the new ticket");
};

const SPANS = [["60", "1 hour"], ["1440", "1 day"], ["10080", "1 week"], ["43200", "30 days"], ["", "until it is lifted"]];

const DIALOGS = {
  ...COMPANY_DIALOGS,
  ...LIST_DIALOGS,
  split: { title: "Split words into a new ticket", body: form("Split", words, splitOff) },
  ban: {
    title: "Ban from the chat",
    body: form("Ban", html`${why("Why")}<label>For <select name="minutes">${SPANS.map(([value, text]) => html`<option value=${value}>${text}</option>`)}</select></label>
      <p class="aside">Open chats end, and the player is told until when. E-mail stays open.</p>`, (open, { reason, minutes }) => ban(open, reason, minutes ? Number(minutes) : null)),
  },
  palette: { free: true, title: "Do anything", body: palette },
  macros: { title: "Macros", body: macros },
  help: {
    free: true, title: "Keyboard",
    body: (desk) => html`<dl class="keys">${[...KEYS.filter(([key]) => key !== LISTS.guest.key || isShown(desk, "guest")), ["Ctrl K", "Do anything by its name"], ["Ctrl ↵", "Send what is written"], ["Esc", "Leave the box, select nothing, end the search"]].map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>`,
  },
  transfer: { title: "Transfer", body: form("Transfer", people, (open, { to }, desk) => desk.assign(open.id, to === "queue" ? null : to)) },
  escalate: {
    title: "Escalate to a senior",
    body: form("Escalate", why(), (open, { reason }) => open.act(() => open.api.post(`${open.path}/escalation`, { reason }))),
  },
  merge: {
    title: "Merge into another ticket",
    body: form("Merge", merging, merge),
  },
  complaint: {
    title: "Register a complaint",
    body: form("Register", html`<label>What the player complains about <textarea name="details" rows="4" autofocus placeholder="Left empty, his own words count"></textarea></label><p class="aside">The legal clocks start with the player's words. This cannot be undone.</p>`,
      (open, { details }) => open.act(() => open.api.post(`${open.path}/complaint`, details.trim() ? { details } : {}))),
  },
  correct: {
    title: "Correct what I said",
    body: form("Correct", ({ dialog }) => html`<label>The player sees that it was edited <textarea name="text" rows="5" maxlength="16000" required autofocus .value=${dialog.entry.text}></textarea></label>`,
      (open, { text }, _desk, { dialog: { entry } }) => text.trim() && text !== entry.text && open.corrections.correct(entry, text)),
  },
  withdraw: {
    title: "Withdraw",
    body: form("Withdraw", ({ dialog, open }) => html`<label>Why <textarea name="reason" rows="2" maxlength="200" ?required=${!open.corrections.mayCorrect(dialog.entry)} autofocus></textarea></label><p class="aside">The player sees that words were withdrawn; the staff can still read them.</p>`,
      (open, { reason }, _desk, { dialog: { entry } }) => open.corrections.withdraw(entry, reason.replace(/\s+/g, " "))),
  },
  waiting: {
    title: "Waiting for a back office",
    body: form("Set waiting", html`<label>For <select name="office" autofocus>${["payments", "kyc", "risk", "provider"].map((one) => html`<option value=${one}>${label(one)}</option>`)}</select></label>`,
      (open, { office }) => open.edit({ status: "waiting", waiting_on: office })),
  },
  snoozed: {
    title: "Snooze",
    body: form("Snooze", html`<label>Until <input type="datetime-local" name="until" required autofocus /></label>`,
      (open, { until }) => open.edit({ status: "snoozed", snoozed_until: new Date(until).toISOString() })),
  },
};
