/** What each frame of the server means for the conversation. */

/** Fetch what is missing; if that fails, the next ping shows it again. */
const catchUp = (conversation) => conversation.reload().then(() => conversation.report(), () => null);

export const FRAMES = {
  welcome(conversation, frame) {
    const head = frame.heads?.[conversation.transcript.ticketId];
    if (head !== undefined) conversation.transcript.hear(head);
    conversation.reported = { delivered: 0, read: 0 };
    conversation.report();
    conversation.delivery.restart();
  },
  msg(conversation, frame) {
    conversation.keep(frame);
    conversation.report();
  },
  corrected(conversation, frame) {
    FRAMES.msg(conversation, frame);
  },
  ack(conversation, frame) {
    conversation.delivery.acknowledged(frame);
  },
  nack(conversation, frame) {
    conversation.delivery.refused(frame);
  },
  ping(conversation, frame) {
    const head = frame.heads?.[conversation.transcript.ticketId];
    if (head !== undefined && conversation.transcript.hear(head)) catchUp(conversation);
  },
  resync(conversation) {
    catchUp(conversation);
  },
  typing(conversation, frame) {
    conversation.showTyping(frame.author?.name ?? null);
  },
  receipt(conversation, frame) {
    if (frame.reader.kind === "staff") {
      conversation.staff.delivered = Math.max(conversation.staff.delivered, frame.delivered);
      conversation.staff.read = Math.max(conversation.staff.read, frame.read);
    } else {
      conversation.read = Math.max(conversation.read, frame.read);
    }
  },
  queue(conversation, frame) {
    conversation.queue = frame.position ? { position: frame.position, seconds: frame.eta_seconds ?? null } : null;
  },
  assigned(conversation, frame) {
    if (frame.assigned) conversation.queue = null;
  },
  /** Somebody of the staff joined, left or took over: a line between the words, for as long as this page lives. */
  people(conversation, { change, name, at }) {
    const line = { id: `people ${at} ${change}`, people: change, author: { kind: "system", id: null, name }, sent_at: at };
    conversation.arrivals = [...conversation.arrivals, line];
  },
  /** Who is with the person now, before he says a word; null: nobody who is named. */
  holder({ staff }, { name }) {
    staff.name = name;
  },
  inactive(conversation, frame) {
    conversation.endsAt = frame.ends_at;
  },
  attachment(conversation, frame) {
    conversation.files.learn({ ...frame, id: frame.attachment_id });
  },
  banned(conversation, frame) {
    conversation.finish({ reason: "banned", until: frame.until ?? null });
  },
  ended(conversation, frame) {
    conversation.finish({ reason: frame.reason });
  },
  rating_request(conversation) {
    conversation.rating.ask();
  },
};
