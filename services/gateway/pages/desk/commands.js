/** Every deed by name, for the palette: what can be done now, and nothing else. */

import { askToNotify, isSoundOn, mayNotify, setSound } from "./alerts.js";
import { label } from "./format.js";
import { choose, write } from "./keys.js";
import { LISTS } from "./tickets.js";
import { theme, turnTheme } from "./theme.js";
import { ask } from "./views/corrections.js";

const root = () => document.getElementById("desk");

export const commands = (desk) => [...(desk.open?.ticket ? ofTicket(desk) : []), ...ofLists(desk), ...ofDesk(desk)];

const ofTicket = (desk) => {
  const { open } = desk;
  const edit = (status) => ({ name: `Set status: ${label(status)}`, run: () => open.edit({ status }) });
  return [
    { name: "Reply", key: "r", run: () => write(desk, root(), "reply") },
    { name: "Write a note", key: "n", run: () => write(desk, root(), "note") },
    { name: "Take this ticket", key: "a", run: () => desk.assign(open.id, "me") },
    { name: "Give it back to the queue", run: () => desk.assign(open.id, null) },
    { name: "Transfer to a colleague", key: "t", run: () => choose(desk, "transfer") },
    { name: "Use a macro", key: "m", run: () => choose(desk, "macros") },
    ...["open", "pending", "resolved", "closed"].filter((status) => status !== open.ticket.status).map(edit),
    { name: "Set status: Waiting for a back office", run: () => choose(desk, "waiting") },
    { name: "Snooze until a time", run: () => choose(desk, "snoozed") },
    { name: "Escalate to a senior", key: "e", run: () => choose(desk, "escalate") },
    { name: "Merge into another ticket", run: () => choose(desk, "merge") },
    { name: "Register a complaint", run: () => choose(desk, "complaint") },
    ...ofWords(desk, open),
    { name: "Close the ticket's view", run: () => desk.close() },
  ];
};

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
  { name: "Show: Wallboard", key: "b", run: () => desk.showBoard() },
  { name: "Search", key: "/", run: () => root().querySelector("#search")?.focus() },
];

const ofDesk = (desk) => [
  ...["online", "busy", "away", "offline"].map((status) => ({ name: `I am ${status}`, run: () => desk.setStatus(status) })),
  { name: `Theme: ${theme()} (turn)`, run: () => { turnTheme(); desk.changed(); } },
  { name: isSoundOn() ? "Sound off" : "Sound on", run: () => { setSound(!isSoundOn()); desk.changed(); } },
  ...(mayNotify() === "default" ? [{ name: "Allow notifications", run: () => askToNotify().then(() => desk.changed()) }] : []),
  { name: "Keyboard help", key: "?", run: () => choose(desk, "help") },
  { name: "Sign out", run: () => desk.signOut() },
];
