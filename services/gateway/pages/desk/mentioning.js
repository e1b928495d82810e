/** Calling colleagues in a note by writing @ and their name: who fits what is being typed, and who is not called by it. */

const MOST = 6;
const TYPED = /(?:^|\s)@([\p{L}\p{N}._-]*)$/u;
const WRITTEN = /(?:^|\s)@(?=\p{L})/gu;

/** Return what stands behind the @ that is being typed, null if none is. */
export const typedName = ({ value, selectionStart: caret, selectionEnd: end }) =>
  caret === end ? (TYPED.exec(value.slice(0, caret))?.[1] ?? null) : null;

const begins = (name, part) => {
  const [whole, wanted] = [name.toLowerCase(), part.toLowerCase()];
  return whole.split(/\s+/).some((word) => word.startsWith(wanted));
};

/** Colleagues whose name, or a part of it, begins like that. */
export const fitting = (desk, part) =>
  desk.people.all().filter(({ id }) => id !== desk.me.id && begins(desk.people.name(id), part)).slice(0, MOST);

/** Finish the name in the box, and return what the note says and whom it calls by now. */
export const finished = (desk, box, id, mentions = []) => {
  const caret = box.selectionStart;
  box.setRangeText(`@${desk.people.name(id)} `, caret - typedName(box).length - 1, caret, "end");
  return { text: box.value, mentions: [...new Set([...mentions, id])] };
};

/** Names behind an @ that are nobody's who is called. */
export const uncalled = (desk, { text, mentions = [] }) => {
  const names = mentions.map((id) => desk.people.name(id).toLowerCase());
  const after = [...text.matchAll(WRITTEN)].map(({ index, 0: { length } }) => text.slice(index + length));
  const isCalled = (rest, word) => names.some((name) => rest.toLowerCase().startsWith(name) || name.split(/\s+/)[0] === word.toLowerCase());
  return [...new Set(after.map((rest) => [rest, /^[\p{L}\p{N}._-]+/u.exec(rest)[0]]).filter((one) => !isCalled(...one)).map(([, word]) => word))];
};
