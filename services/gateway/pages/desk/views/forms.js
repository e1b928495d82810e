/** Forms of dialogs: what is asked, and to whom the answers go. */

import { html, repeat } from "../../vendor/lit.js";
import { label } from "../format.js";

/** A form whose values go to `send`; it closes at once, and what is refused is told in the page. */
export const form = (button, fields, send) => (desk, close) => {
  const submit = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const { dialog } = desk;
    close();
    // A browser chooses something else when an option leaves; what a person has chosen counts.
    send(desk.open, { ...Object.fromEntries(data), ...(dialog.to !== undefined && { to: dialog.to }) }, desk, { data, dialog });
  };
  return html`<form @submit=${submit}>${typeof fields === "function" ? fields(desk) : fields}<p class="buttons"><button class="primary">${button}</button></p></form>`;
};

/** Why; at most as long as the API takes. */
export const why = (text = "Why", { isRequired = true } = {}) => html`
  <label>${text} <textarea name="reason" rows="3" maxlength="500" ?required=${isRequired} autofocus></textarea></label>`;

const PRESENT_FIRST = ["online", "busy", "away", "offline"];

const rank = ({ status, online }) => (status ? PRESENT_FIRST.indexOf(status) : online ? 0 : PRESENT_FIRST.length);

/** Remember to whom something goes, as soon as that is chosen. */
export const chooses = (desk) => ({ target }) => {
  desk.dialog.to = target.value;
  desk.changed();
};

/**
 * Colleagues as options, those first who were here when the dialog opened: whoever comes or goes moves nobody under the hand
 * that chooses. `but` leaves some out; whoever is chosen stays, whatever becomes of him meanwhile.
 */
export const options = ({ dialog, people, me }, but = []) => {
  dialog.ranks ??= new Map(people.all().map((one) => [one.id, rank(one)]));
  const place = ({ id }) => dialog.ranks.get(id) ?? PRESENT_FIRST.length;
  const chosen = people.get(dialog.to);
  const offered = people.all().filter(({ id }) => !but.includes(id) && id !== chosen?.id);
  const among = [...offered, ...(chosen ? [chosen] : [])].sort((one, other) => place(one) - place(other) || people.compare(one, other));
  return repeat(among, ({ id }) => id, ({ id, online, status, role, active }) => html`
    <option value=${id} .selected=${id === dialog.to}>${people.name(id)}${id === me.id ? " (me)" : ""}${role && role !== "agent" ? ` · ${label(role)}` : ""}${active === false ? " · Left" : status ? ` · ${label(status)}` : online ? " · here" : ""}</option>`);
};

export const colleagues = (desk, name, but = []) => html`
  <select name=${name} autofocus required @change=${chooses(desk)}><option value="" disabled selected hidden>Choose</option>${options(desk, but)}</select>`;
