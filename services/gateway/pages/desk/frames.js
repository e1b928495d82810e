/** What each frame of the socket means for the desk. */

import { chime, notify } from "./alerts.js";

const seen = (desk, id) => (desk.open?.id === id ? desk.open : null);

export const FRAMES = {
  welcome(desk, frame) {
    const head = desk.open && frame.heads?.[desk.open.id];
    desk.open?.listen();
    desk.board.listen();
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
    seen(desk, ticket.id)?.happened(kept);
    if (fact === "opened" && isNew) call(desk, ticket, "New ticket");
    desk.feedSoon();
  },
  assigned(desk, { ticket_id: id, assignee_id: who }) {
    if (who === desk.me.id && !desk.takenByMe.delete(id)) {
      const ticket = desk.tickets.get(id);
      call(desk, ticket ?? { id, number: "" }, "Assigned to you");
    }
    desk.feedSoon();
  },
  msg(desk, frame) {
    const open = seen(desk, frame.ticket_id);
    open?.hear(frame);
    if (frame.author.kind !== "staff") {
      if (!open || document.hidden) call(desk, desk.tickets.get(frame.ticket_id) ?? { id: frame.ticket_id, number: "" }, "New words");
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
    seen(desk, id)?.tail().catch(() => null);
  },
  ended(desk, { ticket_id: id }) {
    seen(desk, id)?.tail().catch(() => null);
  },
};

const call = (desk, ticket, title) => {
  chime();
  desk.say(`${title}${ticket.number ? `: ${ticket.number}` : ""}`);
  notify(`${title} ${ticket.number ?? ""}`.trim(), "Open the desk to see it.", () => desk.show(ticket.id));
};
