/** What is asked before something is done: one dialog at a time, native, so that the keyboard stays inside. */

import { html, nothing } from "../../vendor/lit.js";
import { label } from "../format.js";
import { KEYS } from "../keys.js";
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

/** A form whose values go to `send`; it closes at once, and what is refused is told in the conversation. */
const form = (button, fields, send) => (desk, close) => {
  const submit = (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    const { entry } = desk.dialog;
    close();
    send(desk.open, values, desk, entry);
  };
  return html`<form @submit=${submit}>${typeof fields === "function" ? fields(desk) : fields}<p class="buttons"><button class="primary">${button}</button></p></form>`;
};

const people = (desk) => html`
  <label>To <select name="to" autofocus>
    ${desk.people.all().filter(({ id }) => id !== desk.open.ticket.assignee_id).map(({ id, online, status }) => html`
      <option value=${id}>${desk.people.name(id)}${id === desk.me.id ? " (me)" : ""}${status ? ` · ${label(status)}` : online ? " · here" : ""}</option>`)}
    <option value="">Back to the queue</option>
  </select></label>`;

const merge = async (open, { into }, desk) =>
  open.act(async () => {
    const { items } = await open.api.get("/v1/tickets", { q: into, limit: 1 });
    if (!items.length) throw Object.assign(new Error(`There is no ticket ${into}`), { status: 404, title: `There is no ticket ${into}` });
    const survivor = await open.api.post(`${open.path}/merge`, { into: items[0].id });
    desk.say(`Merged into ${survivor.number}`);
  });

const DIALOGS = {
  palette: { free: true, title: "Do anything", body: palette },
  macros: { title: "Macros", body: macros },
  help: {
    free: true, title: "Keyboard",
    body: () => html`<dl class="keys">${[...KEYS, ["Ctrl K", "Do anything by its name"], ["Ctrl ↵", "Send what is written"], ["Esc", "Leave the box"]].map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>`,
  },
  transfer: { title: "Transfer", body: form("Transfer", people, (open, { to }, desk) => desk.assign(open.id, to || null)) },
  escalate: {
    title: "Escalate to a senior",
    body: form("Escalate", html`<label>Why <textarea name="reason" rows="3" maxlength="500" required autofocus></textarea></label>`,
      (open, { reason }) => open.act(() => open.api.post(`${open.path}/escalation`, { reason }))),
  },
  merge: {
    title: "Merge into another ticket",
    body: form("Merge", html`<label>Number of the ticket that stays <input name="into" required minlength="2" autofocus autocomplete="off" placeholder="LUCKY-1042" /></label><p class="aside">Can be undone within 24 hours.</p>`, merge),
  },
  complaint: {
    title: "Register a complaint",
    body: form("Register", html`<label>What the player complains about <textarea name="details" rows="4" autofocus placeholder="Left empty, his own words count"></textarea></label><p class="aside">The legal clocks start with the player's words. This cannot be undone.</p>`,
      (open, { details }) => open.act(() => open.api.post(`${open.path}/complaint`, details.trim() ? { details } : {}))),
  },
  correct: {
    title: "Correct what I said",
    body: form("Correct", ({ dialog }) => html`<label>The player sees that it was edited <textarea name="text" rows="5" maxlength="16000" required autofocus .value=${dialog.entry.text}></textarea></label>`,
      (open, { text }, _desk, entry) => text.trim() && text !== entry.text && open.corrections.correct(entry, text)),
  },
  withdraw: {
    title: "Withdraw",
    body: form("Withdraw", ({ dialog, open }) => html`<label>Why <textarea name="reason" rows="2" maxlength="200" ?required=${!open.corrections.mayCorrect(dialog.entry)} autofocus></textarea></label><p class="aside">The player sees that words were withdrawn; the staff can still read them.</p>`,
      (open, { reason }, _desk, entry) => open.corrections.withdraw(entry, reason.replace(/\s+/g, " "))),
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
