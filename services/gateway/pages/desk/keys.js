/** The keyboard: single letters while nobody writes, and a palette that knows every deed by name. */

import { commands } from "./commands.js";

const reach = ({ cursor, selection }, step) => {
  const from = cursor.id;
  cursor.move(step);
  if (!selection.size) selection.toggle(from);
  selection.reach(cursor.id);
};

/** Every key with what it does; the help is made of this. */
export const KEYS = [
  ["j", "Next ticket", ({ cursor }) => cursor.move(1)],
  ["k", "Ticket before", ({ cursor }) => cursor.move(-1)],
  ["x", "Select it", ({ cursor, selection }) => selection.toggle(cursor.id)],
  ["J", "Select on to the next", (desk) => reach(desk, 1)],
  ["K", "Select on to the one before", (desk) => reach(desk, -1)],
  ["Enter", "Open it", (desk) => desk.cursor.row && desk.show(desk.cursor.row.id)],
  ["r", "Reply", (desk, root) => write(desk, root, "reply")],
  ["n", "Note", (desk, root) => write(desk, root, "note")],
  ["m", "Macros", (desk) => desk.open && choose(desk, "macros")],
  ["a", "Take it", (desk) => desk.open && desk.take(desk.open.id)],
  ["o", "Take over with a reason", (desk) => desk.open && desk.isSenior && choose(desk, "takeover")],
  ["i", "Invite a colleague", (desk) => desk.open && choose(desk, "invite")],
  ["@", "Call a colleague in a note", (desk) => desk.open && choose(desk, "call")],
  ["s", "Status", (_desk, root) => root.querySelector("#field-status")?.focus()],
  ["e", "Escalate", (desk) => desk.open && choose(desk, "escalate")],
  ["t", "Transfer", (desk) => desk.open && choose(desk, "transfer")],
  ["/", "Search", (_desk, root) => root.querySelector("#search")?.focus()],
  ["1", "Queue", (desk) => desk.choose("queue")],
  ["2", "Mine", (desk) => desk.choose("mine")],
  ["3", "All open", (desk) => desk.choose("all")],
  ["4", "With me", (desk) => desk.choose("guest")],
  ["c", "Notes that call me", (desk) => choose(desk, "mentions")],
  ["b", "Wallboard", (desk) => desk.showBoard()],
  ["?", "These keys", (desk) => choose(desk, "help")],
];

export const write = (desk, root, kind) => {
  if (!desk.open) return;
  if (desk.drafts.of(desk.open.id).kind !== kind) desk.drafts.write(desk.open.id, { kind });
  desk.changed();
  root.querySelector("#words")?.focus();
};

const AMONG_COLLEAGUES = ["transfer", "invite", "call", "bulk-assign"];

/** Open a dialog at once: letters typed until the next frame must already go into it. Who is there is asked anew. */
export const choose = (desk, dialog, about = {}) => {
  desk.dialog = { name: dialog, query: "", place: 0, ...about };
  if (dialog === "macros") desk.open.fetchMacros().catch((problem) => { desk.open.problem = problem; desk.changed(); });
  if (AMONG_COLLEAGUES.includes(dialog)) desk.people.loadColleagues(desk.api).then(desk.changed, () => null);
  desk.draw();
};

/** Leave the box one writes in, that of the search empty; outside of one, select nothing, then end the search. */
const leave = (box, desk) => {
  if (box?.id === "search" || (!box && !desk.selection.isOn)) desk.search.end();
  if (box) box.blur();
  else desk.selection.clear();
};

export const onKey = (event, desk, root) => {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return choose(desk, "palette");
  }
  const isWriting = event.target.closest("input:not([type=checkbox]), textarea, select, dialog");
  if (event.key === "Escape" && !event.target.closest("dialog")) return leave(isWriting, desk);
  if (isWriting || event.ctrlKey || event.metaKey || event.altKey) return null;
  if (event.key === "Enter" && event.target.closest("button, a, summary")) return null;
  const known = KEYS.find(([key]) => key === event.key);
  if (!known) return null;
  event.preventDefault();
  return known[2](desk, root);
};

/** The deeds whose names contain every word of the query. */
export const found = (desk, query) => {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return commands(desk).filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)));
};
