/** What each frame of the socket means for the desk. */

import { chime, notify } from "./alerts.js";
import { renewFiles, renewPeople, renewReach } from "./around.js";
import { because } from "./format.js";

const seen = (desk, id) => (desk.open?.id === id ? desk.open : null);

export const FRAMES = {
  welcome(desk, frame) {
    desk.heads = frame.heads ?? {};
    desk.address.follow();
    const head = desk.open && frame.heads?.[desk.open.id];
    desk.open?.listen();
    if (desk.open?.isStranded) desk.read();
    if (desk.open) renewPeople(desk.open).catch(() => null);
    desk.board.listen();
    desk.company.soon();
    desk.people.load(desk.api).then(desk.changed, () => null);
    desk.unsent.send();
    if (head !== undefined) desk.open?.tail().catch(() => null);
    desk.catchUp();
  },
  ping(desk, frame) {
    const open = desk.open;
    if (open && (frame.heads?.[open.id] ?? 0) > open.head) open.tail().catch(() => null);
  },
  resync(desk, frame) {
    const open = seen(desk, frame.ticket_id);
    if (!open) return;
    open.head = frame.last_seq;
    open.tail().catch(() => null);
  },
  ticket(desk, { fact, ticket }) {
    const isNew = !desk.tickets.get(ticket.id);
    const kept = desk.tickets.take(ticket);
    const open = seen(desk, ticket.id);
    open?.happened(kept);
    if (open && /^(participant|assigned)/.test(fact)) renewPeople(open).catch(() => null);
    if (fact === "message_corrected") open?.corrections.renew();
    if (fact === "opened" && isNew) call(desk, ticket, "New ticket");
    if (/^(participant|escalat)/.test(fact) && (desk.company.has(ticket.id) || desk.company.asks.some((ask) => ask.ticket_id === ticket.id))) desk.company.soon();
    desk.feedSoon();
  },
  assigned(desk, { ticket_id: id, assignee_id: who, taken_over_by: taker, reason }) {
    const ticket = desk.tickets.get(id) ?? { id, number: "" };
    if (who === desk.me.id && !desk.takenByMe.delete(id)) call(desk, ticket, "Assigned to you");
    if (taker && who !== desk.me.id) call(desk, ticket, `${taker.name} took over`, reason);
    if (who !== desk.me.id) letGo(desk, id);
    desk.feedSoon();
  },
  invited(desk, { ticket_id: id, number, by, reason }) {
    desk.people.meet(by);
    call(desk, { id, number }, `${by.name} asks you in`, reason);
    desk.company.soon();
  },
  parted(desk, { ticket_id: id, number, by, cause }) {
    if (cause === "holds") desk.company.soon();
    else letGo(desk, id);
    if (cause === "removed" || cause === "withdrawn") desk.say(`${by.name} needs you no more: ${number}`, id);
  },
  asked(desk, { ticket_id: id, number, cause }) {
    call(desk, { id, number }, "You are asked to take it", because(cause));
    desk.company.soon();
  },
  mentioned(desk, { ticket_id: id, number, by }) {
    if (by.id !== desk.me.id) call(desk, { id, number }, `${by.name} calls you`);
    desk.company.soon();
  },
  note(desk, frame) {
    const { ticket_id: id, author, mentions } = frame;
    desk.people.meet(author);
    seen(desk, id)?.hearNote(frame);
    const isMine = desk.tickets.get(id)?.assignee_id === desk.me.id || desk.company.isGuest(id);
    if (author.id === desk.me.id || mentions.includes(desk.me.id) || !(isMine || seen(desk, id))) return;
    if (desk.open?.id === id && !document.hidden) chime();
    else call(desk, desk.tickets.get(id) ?? { id, number: "" }, `${author.name ?? "System"} wrote a note`);
  },
  msg(desk, frame) {
    const open = seen(desk, frame.ticket_id);
    open?.hear(frame);
    if (["player", "visitor"].includes(frame.author.kind)) desk.names.meet(frame.ticket_id, frame.author.name);
    if (frame.author.kind !== "staff") {
      const isNew = frame.seq > (desk.heads[frame.ticket_id] ?? 0);
      if (isNew && (!open || document.hidden)) call(desk, desk.tickets.get(frame.ticket_id) ?? { id: frame.ticket_id, number: "" }, "New words");
      desk.feedSoon();
    }
    open?.tail().catch(() => null);
  },
  corrected(desk, frame) {
    const open = seen(desk, frame.ticket_id);
    open?.hearCorrection(frame);
    open?.tail().catch(() => null);
  },
  typing(desk, { ticket_id: id, author }) {
    if (author?.kind !== "staff") seen(desk, id)?.typed(author);
  },
  receipt(desk, { ticket_id: id, reader, read }) {
    const open = seen(desk, id);
    if (open && reader.kind !== "staff") open.readTo = Math.max(open.readTo ?? 0, read);
  },
  viewers(desk, { ticket_id: id, viewers }) {
    viewers.forEach((viewer) => desk.people.meet({ ...viewer, kind: "staff" }));
    const open = seen(desk, id);
    if (open) open.viewers = viewers.filter((viewer) => viewer.id !== desk.me.id);
  },
  account(desk, frame) {
    desk.people.changed(frame);
  },
  presence(desk, frame) {
    if (frame.kind === "staff") desk.people.heard(frame);
  },
  board(desk, frame) {
    desk.board.heard(frame);
  },
  queue_stalled(desk, { queue, tickets, since }) {
    desk.stalled.set(queue, { queue, tickets, since });
    chime();
  },
  queue_recovered(desk, { queue }) {
    desk.stalled.delete(queue);
  },
  attachment(desk, { ticket_id: id }) {
    const open = seen(desk, id);
    open?.tail().then(() => renewFiles(open)).catch(() => null);
  },
  ended(desk, { ticket_id: id }) {
    const open = seen(desk, id);
    open?.tail().catch(() => null);
    if (open) renewReach(open).catch(() => null);
  },
  rated(desk, { ticket_id: id }) {
    const open = seen(desk, id);
    if (open) renewReach(open).catch(() => null);
  },
};

/** Hear a conversation no more that is not mine, unless I look at it or stay in it as a guest. */
const letGo = async (desk, id) => {
  await desk.company.load();
  if (desk.open?.id !== id && !desk.company.isGuest(id)) desk.send({ t: "unwatch", ticket_id: id });
};

/** Call me: a sound, a line in passing, and a notification that says nothing of what was written. */
const call = (desk, ticket, title, more = "") => {
  chime();
  desk.say(`${title}${ticket.number ? `: ${ticket.number}` : ""}${more ? ` (${more})` : ""}`, ticket.id);
  notify(`${title} ${ticket.number ?? ""}`.trim(), "Open the desk to see it.", () => desk.show(ticket.id));
};
