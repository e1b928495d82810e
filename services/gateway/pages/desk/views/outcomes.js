/** What became of a player's chat, among the lines of the timeline: how it ended, and how he liked it. */

import { html, nothing } from "../../vendor/lit.js";
import { moment, time } from "../format.js";

const ENDS = {
  staff: "The staff ended the chat", inactive: "The chat ended because the player said nothing more",
  closed: "The chat ended with its ticket", banned: "The chat ended with a ban",
};

/** The entries of a ticket, with what became of its chat put where it happened. */
export const withOutcomes = ({ entries, reach }) => {
  const { ended_at: at, ended_reason: reason, ratings = [] } = reach ?? {};
  const told = ratings.map(({ round, score, comment, rated_at: when }) => ({ id: `rating ${round}`, kind: "outcome", score, comment, occurred_at: when }));
  if (at) told.push({ id: "end", kind: "outcome", reason, occurred_at: at });
  if (!told.length) return entries;
  return [...entries, ...told].sort((one, other) => Date.parse(one.occurred_at) - Date.parse(other.occurred_at));
};

export const outcome = (desk, open, entry) => html`
  <p class="change">${entry.score ? rating(desk, open, entry) : end(desk, open, entry)}
    <time datetime=${entry.occurred_at} title=${moment(entry.occurred_at)}>${time(entry.occurred_at)}</time></p>`;

const player = (desk, open) => html`<bdi>${desk.names.of(open.ticket)}</bdi>`;

const end = (desk, open, { reason }) => (reason === "player" ? html`${player(desk, open)} ended the chat` : (ENDS[reason] ?? "The chat ended"));

const rating = (desk, open, { score, comment }) => html`
  ${player(desk, open)} rated the chat <b>${score} of 5</b>${comment ? html`: <bdi>${comment}</bdi>` : nothing}`;
