/** How words leave the box: under one key however often they are sent, and never without having read what others said. */

import { renewReach } from "./around.js";

const NOBODY = [0, 502, 503, 504];

/** True if it is not known whether words were taken: under the same key they may be sent again. */
export const isUnanswered = ({ status, code }) => NOBODY.includes(status) || code === "request-in-progress";

/**
 * Return under which key words are sent, and how. What was taken back and is still the same keeps both: the server may have it.
 *
 * @param {number | null} version up to where the writer has read; null: regardless of what others said
 */
const sealed = (open, draft, version) => {
  const attachments = open.uploads.filter(({ id }) => id).map(({ id }) => id);
  const said = { kind: draft.kind, text: draft.text };
  const calls = draft.kind === "note" && draft.mentions?.length ? { mentions: draft.mentions } : {};
  const path = draft.macro ? `${open.path}/macros/${draft.macro.id}` : `${open.path}/messages`;
  const body = draft.macro ? said : { ...said, ...calls, ...(attachments.length && { attachments }) };
  const { sealed: before } = draft;
  const isSame = before?.path === path && JSON.stringify({ ...before.body, after_version: undefined }) === JSON.stringify(body);
  if (isSame && version !== null) return before;
  return { key: crypto.randomUUID(), path, body: version === null ? body : { ...body, after_version: version } };
};

/** What of the conversation was before the writer's eyes. Words that are faster than the conversation wait for it. */
const shownIn = async (open) => {
  if (!open.isLoaded) await open.tail().catch(() => null);
  return new Set(open.entries.map(({ id }) => id));
};

/** The version up to which somebody has read what was said, 0 if nothing is known; what only the socket brought is asked for. */
const seen = async (open, shown) => {
  if (open.entries.some(({ version }) => !version)) await open.tail().catch(() => null);
  const versions = open.entries.filter(({ id, kind, version }) => kind !== "change" && version && shown.has(id));
  return Math.max(0, ...versions.map(({ version }) => version));
};

/**
 * What is refused for nothing but words that were shown is sent again, with the version that they turn out to have: the socket
 * brings words before their ticket has them. Otherwise null.
 */
export const informed = (saying, { code, spoke }, shown) => {
  if (code !== "ticket-changed" || !spoke?.every(({ message_id: id }) => shown.has(id))) return null;
  return { ...saying, key: crypto.randomUUID(), body: { ...saying.body, after_version: spoke.at(-1).version } };
};

/** True if the words were said, false if they wait to be sent. */
const leave = async (open, saying, draft, shown) => {
  const { api, id } = open;
  const { drafts, unsent } = open.desk;
  const item = { ...saying, ticketId: id, draft: { ...draft, sealed: saying }, files: open.uploads.filter((one) => one.id), shown: [...shown] };
  drafts.seal(id, saying);
  try {
    if (!unsent.isWaiting(id)) return Boolean(await api.post(saying.path, saying.body, saying.key));
  } catch (problem) {
    const again = informed(saying, problem, shown);
    if (again) return leave(open, again, draft, shown);
    if (problem.status >= 400 && problem.status < 500) drafts.seal(id, null);
    if (!isUnanswered(problem) || drafts.of(id).text !== draft.text) throw problem;
  }
  unsent.keep(item);
  return false;
};

/** Words of mine have got into the conversation. */
export const wasSaid = (open) => Promise.allSettled([open.renew(), open.tail(), open.renewClocks(), renewReach(open)]);

/** Take out of the box what was said, and nothing that was written or added meanwhile. */
const empty = (open, { text, mentions: called = [] }, files) => {
  const { desk, id } = open;
  const { kind, text: written, mentions = [] } = desk.drafts.of(id);
  const rest = written.startsWith(text) ? written.slice(text.length).trimStart() : written;
  desk.drafts.said(id);
  if (rest) desk.drafts.write(id, { kind, text: rest, mentions: mentions.filter((one) => !called.includes(one)) });
  const box = document.getElementById("words");
  // At once: the next key must not find what was said.
  if (box && desk.open === open && box.value !== rest) box.value = rest;
  Object.assign(open, { uploads: open.uploads.filter((one) => !files.includes(one)), spoke: null, naming: null });
};

/**
 * Say what is written. Words stay in the box until the server has them; if nobody answers they leave it to be sent again, and
 * what is said after them waits behind them.
 */
export const say = async (open, { regardless = false } = {}) => {
  const draft = open.desk.drafts.of(open.id);
  if (!draft.text.trim() || open.isSending) return;
  if (open.uploads.some((one) => one.state === "sending")) {
    open.desk.say("Your file is still on its way: send once it is there");
    return;
  }
  await open.try("say", async () => {
    const files = open.uploads;
    const shown = await shownIn(open);
    const isSaid = await leave(open, sealed(open, draft, regardless ? null : await seen(open, shown)), draft, shown);
    empty(open, draft, files);
    if (isSaid) await wasSaid(open);
  });
};
