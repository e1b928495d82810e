/** The brand's own fields of a ticket: each by its type, those that the reason asks for first and marked. */

import { html, nothing } from "../../vendor/lit.js";

/** What an input says, as the API takes it; empty empties the field. */
const READ = {
  number: (text) => Number(text),
  boolean: (text) => text === "true",
};

const ATTRIBUTES = { number: { type: "number", step: "any" }, date: { type: "date" }, text: { type: "text", maxlength: "2000" } };

export const ownFields = (desk, open) => {
  const { ticket } = open;
  const asked = desk.reasons.find(({ code }) => code === ticket.reason)?.required ?? [];
  const isAsked = ({ key, required_for: reasons }) => asked.includes(key) || reasons.includes(ticket.reason);
  const shown = desk.ownFields.filter((field) => isAsked(field)).concat(desk.ownFields.filter((field) => !isAsked(field)));
  if (!shown.length || !ticket.fields) return nothing;
  return html`<section class="own-fields"><h2>Details</h2>${shown.map((field) => input(field, isAsked(field), open))}</section>`;
};

const input = (field, isAsked, open) => {
  const { key, label, type, choices } = field;
  const value = open.ticket.fields[key];
  const set = ({ target }) => {
    const wanted = target.value === "" ? null : (READ[type]?.(target.value) ?? target.value);
    if (wanted !== (value ?? null)) open.edit({ fields: { [key]: wanted } });
  };
  const id = `own-${key}`;
  const isShut = open.isBusy || Boolean(open.ticket.merged_into);
  const isMissing = isAsked && value === undefined;
  const options = type === "choice" ? choices.map((one) => [one, one]) : [["true", "Yes"], ["false", "No"]];
  const { type: kind, step, maxlength } = ATTRIBUTES[type] ?? {};
  return html`<label class="field ${isMissing ? "is-missing" : ""}" for=${id}><span>${label}${isAsked ? " *" : ""}</span>
    ${kind
      ? html`<input id=${id} type=${kind} step=${step ?? nothing} maxlength=${maxlength ?? nothing} autocomplete="off" ?disabled=${isShut} .value=${String(value ?? "")} @change=${set} />`
      : html`<select id=${id} ?disabled=${isShut} @change=${set}>
          ${[["", "–"], ...options].map(([one, text]) => html`<option value=${one} .selected=${one === String(value ?? "")}>${text}</option>`)}
        </select>`}</label>`;
};
