/** What is different between two versions of a ticket. */

import { moment } from "./format.js";

const SHOWN = ["status", "waiting_on", "snoozed_until", "priority", "reason", "assignee_id", "team_id", "language", "subject", "tags"];

/** What is different, in the order of the card. */
export const differences = (before, after) =>
  SHOWN.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => ({ name, before: said(before[name]), after: said(after[name]) }));

const said = (value) => {
  if (Array.isArray(value)) return value.join(", ") || "none";
  if (typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value)) return moment(value);
  return value ?? "none";
};
