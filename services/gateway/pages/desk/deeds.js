/** What is done to the open ticket by a choice in a dialog or a click on the card. */

export const invite = (open, staffId, reason) =>
  open.act(() => open.api.post(`${open.path}/participants`, { staff_id: staffId, ...(reason.trim() && { reason }) }));

export const dismiss = (open, staffId) => open.act(() => open.api.call("DELETE", `${open.path}/participants/${staffId}`));

export const takeOver = (open, reason, keepFormer) => {
  open.desk.takenByMe.add(open.id);
  return open.act(() => open.api.post(`${open.path}/takeover`, { reason, keep_former: keepFormer }));
};

/** Make words a ticket of their own; the timeline leads there. */
export const split = (open, messageIds, subject) =>
  open.act(async () => {
    const made = await open.api.post(`${open.path}/split`, { message_ids: messageIds, subject });
    open.desk.tickets.take(made);
    open.desk.say(`Split: ${made.number}`);
  });

/** Take a merge of the last day back: of this ticket, or of one that went up in it. */
export const unmerge = (open, id = open.id) =>
  open.act(async () => open.desk.tickets.take(await open.api.post(`/v1/tickets/${id}/unmerge`)));

export const ban = (open, reason, minutes) =>
  open.act(() => open.api.post("/v1/chat/bans", { ticket_id: open.id, reason, minutes }));

export const lift = (open) => open.act(() => open.api.call("DELETE", `/v1/chat/bans/${open.ban.id}`));

/** Send files ahead of the words that will carry them. */
export const addFiles = async (open, files) => {
  for (const file of files) {
    const upload = { name: file.name, size: file.size, state: "sending", key: crypto.randomUUID() };
    open.uploads = [...open.uploads, upload];
    try {
      Object.assign(upload, { id: (await open.api.upload(file, open.id, upload.key)).id, state: "sent" });
    } catch (problem) {
      Object.assign(upload, { state: "refused" });
      open.problem = problem;
    }
    open.desk.changed();
  }
};
