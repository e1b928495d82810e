/** Small things that many views show. */

import { html, nothing } from "../../vendor/lit.js";
import { due, hue, label } from "../format.js";

const PATHS = {
  search: "M9 3.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM13 13l4 4",
  board: "M3 17V9M8 17V4M13 17v-6M18 17V7",
  moon: "M16.5 12A7 7 0 0 1 8 3.5a7 7 0 1 0 8.5 8.5Z",
  bell: "M5 14V9a5 5 0 0 1 10 0v5l1.5 1.5h-13ZM8.5 18h3",
  mute: "M5 14V9a5 5 0 0 1 8-4M15 9v5l1.5 1.5h-13M8.5 18h3M3 3l14 14",
  clip: "M14.5 9.5 9 15a3.2 3.2 0 0 1-4.5-4.5L11 4a2.2 2.2 0 0 1 3 3l-6 6a1 1 0 0 1-1.5-1.5L11.5 7",
  cross: "M5 5l10 10M15 5 5 15",
  panel: "M3 4h14v12H3ZM12.5 4v12",
  back: "M12 4 6 10l6 6",
  leave: "M8 4H4v12h4M12 6l4 4-4 4M7 10h9",
  keys: "M2.5 5h15v10h-15ZM5.5 8h.1M8.5 8h.1M11.5 8h.1M14.5 8h.1M6 12h8",
  note: "M4 3.5h12v9l-4 4H4ZM16 12.5h-4v4M7 7.5h6M7 10.5h4",
  bolt: "M11 2 4 11.5h5L8.5 18l7-9.5h-5Z",
  file: "M5 2.5h6.5l4 4v11H5ZM11 2.5V7h4.5",
};

export const icon = (name) => html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${PATHS[name]} /></svg>`;

export const iconButton = (name, text, run, more = "") =>
  html`<button type="button" class="icon-button ${more}" title=${text} aria-label=${text} @click=${run}>${icon(name)}</button>`;

export const avatar = (name, id) =>
  html`<span class="avatar hue-${hue(id ?? name)}" aria-hidden="true">${[...String(name ?? "?").trim()][0]?.toUpperCase() ?? "?"}</span>`;

export const status = (value) => html`<span class="status status-${value}">${label(value)}</span>`;

export const priority = (value) =>
  value === "normal" || value === "low" ? nothing : html`<span class="priority priority-${value}">${label(value)}</span>`;

export const countdown = (at, now = Date.now()) => {
  const { text, tone } = due(at, now);
  return text ? html`<time class="due due-${tone}" datetime=${at}>${text}</time>` : nothing;
};

export const problemBox = (problem, dismiss) =>
  problem
    ? html`<div class="problem" role="alert">
        <p><strong>${titleOf(problem)}</strong> ${problem.detail && problem.detail !== titleOf(problem) ? problem.detail : nothing}</p>
        ${iconButton("cross", "Dismiss", dismiss)}
      </div>`
    : nothing;

const titleOf = (problem) => {
  if (problem.status === 0) return "No answer from the server. What you wrote is kept.";
  return problem.title || problem.message || "That did not work";
};
