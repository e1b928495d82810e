/** What stands around the words of a ticket: who is in it, what belongs to it, and whether its player is reached. */

const ASK_AGAIN = 5_000;

/**
 * Whether a live player got what he was answered, how his chat ended and how he liked it; whoever looks is on record, so only
 * where there is something to see.
 */
export const renewReach = async (open) => {
  const { ticket, api, id } = open;
  if (ticket?.channel !== "web" || ticket.merged_into) return;
  open.reach = await api.get(`/v1/chat/sessions/${id}/reach`);
  if (!ticket.player_id) open.desk.names.meet(id, open.reach.name);
  open.desk.changed();
};

export const renewPeople = async (open) => {
  open.participants = (await open.api.get(`${open.path}/participants`)).items;
  open.desk.changed();
};

/**
 * What is known of the files that words carry. Intake hears of words a moment after they were said: one that it does not name is
 * asked for once more (`asked`), then it is said that it is missing.
 */
export const renewFiles = async (open, asked = []) => {
  const { items, next_cursor: more } = await open.api.get("/v1/attachments", { ticket_id: open.id, limit: 100 });
  const files = new Map(items.map((file) => [file.id, file]));
  const strange = more ? [] : open.entries.flatMap(({ attachments = [] }) => attachments).filter((id) => !files.has(id));
  const missing = strange.filter((id) => asked.includes(id) || open.files.has(id));
  const again = () => open.desk.open === open && renewFiles(open, strange).catch(() => null);
  if (missing.length < strange.length) setTimeout(again, ASK_AGAIN);
  missing.forEach((id) => files.set(id, { id, state: "missing" }));
  open.files = files;
  open.desk.changed();
};

/** Find out whether the player is kept out of the chat: by his account, a visitor by this conversation. */
const renewBan = async (open) => {
  const bans = await open.api.pages("/v1/chat/bans", {}, { most: 3 });
  const player = open.ticket.player_id;
  open.ban = bans.find((ban) => (player && ban.person_kind === "player" ? ban.person_id === player : ban.ticket_id === open.id)) ?? null;
  open.desk.changed();
};

/**
 * What the register says of the complaint; whoever it is about is not shown it. Its legal end is known a moment after it was
 * registered, so it is asked for once more.
 */
export const renewComplaint = async (open, isFirst = true) => {
  const { ticket, api, desk } = open;
  open.complaint = ticket.complaint_id ? await api.get(`/v1/complaints/${ticket.complaint_id}`) : null;
  const again = () => desk.open === open && renewComplaint(open, false).catch(() => null);
  if (isFirst && open.complaint?.legal_due_at === null) setTimeout(again, ASK_AGAIN);
  desk.changed();
};

/** Each part for itself: what fails leaves the others. */
export const renewAround = async (open) => {
  const { api, path, id, desk, ticket } = open;
  await renewReach(open).catch(() => null);
  const player = ticket.player_id;
  const [drafts, links, others] = await Promise.allSettled([
    api.get(`${path}/drafts`), api.get(`${path}/links`), player ? api.get("/v1/tickets", { player_id: player, limit: 10 }) : { items: [] },
    renewPeople(open), renewBan(open), renewComplaint(open),
  ]);
  open.drafting = (drafts.value?.items ?? []).filter((draft) => draft.staff_id !== desk.me.id);
  const linked = (links.value?.items ?? []).map((link) => ({ ...link, id: link.ticket_id }));
  const rest = (others.value?.items ?? []).filter((one) => one.id !== id && !linked.some((link) => link.id === one.id));
  open.related = [...linked, ...rest];
};
