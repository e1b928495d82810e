/** Taking a ticket from the queue: whoever comes second learns that he did. */

/**
 * Take what nobody holds. Whatever else has changed does not matter; a colleague who was faster keeps it, and is named.
 *
 * @returns {Promise<void>} rejected like any call that is refused
 */
export const claim = async (desk, id) => {
  for (;;) {
    const ticket = await desk.api.ticket(id);
    if (ticket.assignee_id && ticket.assignee_id !== desk.me.id) {
      desk.takenByMe.delete(id);
      desk.tickets.take(ticket);
      desk.say(`${desk.people.name(ticket.assignee_id)} was faster: ${ticket.number}`, id);
      return;
    }
    desk.takenByMe.add(id);
    try {
      desk.tickets.take(await desk.api.assign(id, "me", ticket.version));
      return;
    } catch (problem) {
      if (problem.status !== 412) throw problem;
    }
  }
};
