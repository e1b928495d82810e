/** Forms of dialogs: what is asked, and to whom the answers go. */

import { html } from "../../vendor/lit.js";
import { label } from "../format.js";

/** A form whose values go to `send`; it closes at once, and what is refused is told in the page. */
export const form = (button, fields, send) => (desk, close) => {
  const submit = (event) => {
    event.preventDefault();
    const data = new FormData(event.target);
    const { dialog } = desk;
    close();
    send(desk.open, Object.fromEntries(data), desk, { data, dialog });
  };
  return html`<form @submit=${submit}>${typeof fields === "function" ? fields(desk) : fields}<p class="buttons"><button class="primary">${button}</button></p></form>`;
};

/** Why; at most as long as the API takes. */
export const why = (text = "Why", { isRequired = true } = {}) => html`
  <label>${text} <textarea name="reason" rows="3" maxlength="500" ?required=${isRequired} autofocus></textarea></label>`;

/** Colleagues to choose from, those who are here first; `but` leaves some out. */
export const colleagues = (desk, name, but = []) => {
  const rank = ({ status, online }) => (status === "online" || (!status && online) ? 0 : 1);
  const among = desk.people.all().filter(({ id }) => !but.includes(id)).sort((one, other) => rank(one) - rank(other));
  return html`
    <select name=${name} autofocus required>
      ${among.map(({ id, online, status, role }) => html`
        <option value=${id}>${desk.people.name(id)}${id === desk.me.id ? " (me)" : ""}${role && role !== "agent" ? ` · ${label(role)}` : ""}${status ? ` · ${label(status)}` : online ? " · here" : ""}</option>`)}
    </select>`;
};
