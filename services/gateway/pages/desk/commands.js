/** Every deed by name, for the palette: what can be done now, and nothing else. */

import { askToNotify, isSoundOn, mayNotify, setSound } from "./alerts.js";
import { lift, unmerge } from "./deeds.js";
import { label } from "./format.js";
import { choose, write } from "./keys.js";
import { LISTS } from "./tickets.js";
import { theme, turnTheme } from "./theme.js";
import { ask } from "./views/corrections.js";

const root = () => document.getElementById("desk");

export const commands = (desk) => [...(desk.open?.ticket ? ofTicket(desk) : []), ...ofSelection(desk), ...ofLists(desk), ...ofDesk(desk)];

const ofTicket = (desk) => {
  const { open } = desk;
  if (open.ticket.merged_into) return ofMerged(desk);
  const edit = (status) => ({ name: `Set status: ${label(status)}`, run: () => open.edit({ status }) });
  return [
    { name: "Reply", key: "r", run: () => write(desk, root(), "reply") },
    { name: "Write a note", key: "n", run: () => write(desk, root(), "note") },
    { name: "Take this ticket", key: "a", run: () => desk.take(open.id) },
    ...(desk.isSenior && isHeldByOther(desk) ? [{ name: "Take over with a reason", key: "o", run: () => choose(desk, "takeover") }] : []),
    { name: "Invite a colleague", key: "i", run: () => choose(desk, "invite") },
    ...ofGuest(desk),
    { name: "Call a colleague in a note", key: "@", run: () => choose(desk, "call") },
    ...(open.ticket.assignee_id ? [{ name: "Give it back to the queue", run: () => desk.assign(open.id, null) }] : []),
    { name: "Transfer to a colleague", key: "t", run: () => choose(desk, "transfer") },
    { name: "Use a macro", key: "m", run: () => choose(desk, "macros") },
    ...["open", "pending", "resolved", "closed"].filter((status) => status !== open.ticket.status).map(edit),
    { name: "Set status: Waiting for a back office", run: () => choose(desk, "waiting") },
    { name: "Snooze until a time", run: () => choose(desk, "snoozed") },
    { name: "Escalate to a senior", key: "e", run: () => choose(desk, "escalate") },
    { name: "Merge into another ticket", run: () => choose(desk, "merge") },
    { name: "Split words into a new ticket", run: () => choose(desk, "split") },
    ...(desk.isSenior ? [open.ban ? { name: "Lift the ban from the chat", run: () => lift(open) } : { name: "Ban the player from the chat", run: () => choose(desk, "ban") }] : []),
    { name: "Register a complaint", run: () => choose(desk, "complaint") },
    ...ofWords(desk, open),
    { name: "Close the ticket's view", run: () => desk.close() },
  ];
};

/** Everything else is done to the ticket that it went into. */
const ofMerged = (desk) => [
  { name: "Open the ticket it went into", run: () => desk.show(desk.open.ticket.merged_into) },
  { name: "Take the merge back", run: () => unmerge(desk.open) },
  { name: "Close the ticket's view", run: () => desk.close() },
];

const isHeldByOther = ({ open: { ticket }, me }) => ticket.assignee_id && ticket.assignee_id !== me.id;

const ofGuest = ({ open, company }) => {
  const state = company.items.get(open.id)?.state;
  if (state === "joined") return [{ name: "Leave this conversation", run: () => company.leave(open.id) }];
  if (state === "invited") return [{ name: "Join this conversation", run: () => company.join(open.id) }];
  return [];
};

const ofSelection = (desk) =>
  desk.selection.size
    ? [
        { name: "Selected: set the status", run: () => choose(desk, "bulk-status") },
        { name: "Selected: assign", run: () => choose(desk, "bulk-assign") },
        { name: "Selected: tag", run: () => choose(desk, "bulk-tag") },
        { name: "Selected: close", run: () => desk.selection.change({ status: "closed" }) },
        { name: "Select nothing", key: "Esc", run: () => desk.selection.clear() },
      ]
    : [{ name: "Select this ticket of the list", key: "x", run: () => desk.selection.toggle(desk.cursor.id) }];
const ofWords = (desk, { corrections: { newest } }) =>
  newest
    ? [
        { name: "Correct what I said last", run: () => ask(desk, "correct", newest) },
        { name: "Withdraw what I said last", run: () => ask(desk, "withdraw", newest) },
      ]
    : [];

const ofLists = (desk) => [
  ...Object.entries(LISTS).map(([id, { name, key }]) => ({ name: `Show: ${name}`, key, run: () => desk.choose(id) })),
  ...desk.views.map(({ id, name }) => ({ name: `Show view: ${name}`, run: () => desk.choose(`view:${id}`) })),
  { name: "Save a view", run: () => choose(desk, "view", {}) },
  ...ofView(desk),
  { name: "Show: Wallboard", key: "b", run: () => desk.showBoard() },
  { name: "Notes that call me", key: "c", run: () => choose(desk, "mentions") },
  { name: "Search", key: "/", run: () => root().querySelector("#search")?.focus() },
];

const ofView = (desk) => {
  const view = desk.shownView;
  if (!view || (view.shared && !desk.isLead)) return [];
  return [
    { name: `Edit view: ${view.name}`, run: () => choose(desk, "view", { view }) },
    { name: `Delete view: ${view.name}`, run: () => choose(desk, "view-drop", { view }) },
  ];
};

const ofDesk = (desk) => [
  ...["online", "busy", "away", "offline"].map((status) => ({ name: `I am ${status}`, run: () => desk.setStatus(status) })),
  { name: `Theme: ${theme()} (turn)`, run: () => { turnTheme(); desk.changed(); } },
  { name: isSoundOn() ? "Sound off" : "Sound on", run: () => { setSound(!isSoundOn()); desk.changed(); } },
  ...(mayNotify() === "default" ? [{ name: "Allow notifications", run: () => askToNotify().then(() => desk.changed()) }] : []),
  { name: "Keyboard help", key: "?", run: () => choose(desk, "help") },
  { name: "Sign out", run: () => desk.signOut() },
];
