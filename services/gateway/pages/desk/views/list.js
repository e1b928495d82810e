/** The list on the left. However many tickets there are, only those one can see are in the page. */

import { html, live, nothing, repeat } from "../../vendor/lit.js";
import { label, when } from "../format.js";
import { choose } from "../keys.js";
import { LISTS } from "../tickets.js";
import { countdown, icon, iconButton, priority, status } from "./parts.js";

const HEIGHT = 84;
const SPARE = 4;

let scroll = 0;

export const list = (desk) => {
  const { rows } = desk;
  const box = document.querySelector(".rows");
  const height = box?.clientHeight || 800;
  followCursor(desk.cursor, box, height);
  const first = Math.max(0, Math.min(Math.floor(scroll / HEIGHT) - SPARE, rows.length - 1));
  const last = Math.min(rows.length, first + Math.ceil(height / HEIGHT) + 2 * SPARE);
  const scrolled = ({ target }) => {
    scroll = target.scrollTop;
    desk.changed();
  };
  return html`
    <section class="list" aria-label="Tickets">
      ${tabs(desk)} ${searchBox(desk.search)} ${desk.selection.isOn ? bulk(desk) : nothing}
      <div class="rows" @scroll=${scrolled}>
        ${gap(first)}
        <ul class=${desk.selection.isOn ? "selecting" : ""}>${repeat(rows.slice(first, last), (row) => row.id, (row, place) => one(desk, row, first + place, rows.length))}</ul>
        ${gap(rows.length - last)}
        ${rows.length ? nothing : empty(desk)}
      </div>
    </section>
  `;
};

/** Room for rows that are not there. */
const gap = (count) => (count > 0 ? html`<svg class="gap" width="1" height=${count * HEIGHT} aria-hidden="true"></svg>` : nothing);

/** Keep the row that the keyboard moved to in sight. */
const followCursor = (cursor, box, height) => {
  const { place } = cursor;
  if (!box || !cursor.isAstray || place < 0) return;
  const top = place * HEIGHT;
  // Rows that are drawn for the first time make the box so high only afterwards; then once more.
  cursor.isAstray = box.scrollHeight < top + HEIGHT;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + HEIGHT > box.scrollTop + height) box.scrollTop = top + HEIGHT - height;
  scroll = box.scrollTop;
};

/** "With me" is for those who are with somebody. */
export const isShown = (desk, id) => id !== "guest" || desk.list === id || desk.tickets.rows(id).length > 0;

const shownLists = (desk) => Object.entries(LISTS).filter(([id]) => isShown(desk, id));

const tabs = (desk) => html`
  <nav class="tabs" aria-label="Lists">
    ${repeat(shownLists(desk), ([id]) => id, ([id, { name }]) => html`
      <button type="button" aria-current=${desk.list === id ? "true" : nothing} @click=${() => desk.choose(id)}>
        ${name} <span class="count">${desk.tickets.rows(id).length}</span>
      </button>`)}
    ${desk.views.length ? views(desk) : nothing}
  </nav>
`;

const views = (desk) => html`
  <select aria-label="Saved views" class=${desk.list.startsWith("view:") ? "chosen" : ""}
    @change=${({ target }) => target.value && desk.choose(target.value)}>
    <option value="" ?selected=${!desk.list.startsWith("view:")}>Views</option>
    ${desk.views.map(({ id, name }) => html`<option value="view:${id}" ?selected=${desk.list === `view:${id}`}>${name}${counted(desk, id)}</option>`)}
  </select>
`;

const counted = (desk, id) => {
  const count = desk.counts.get(id);
  return count ? ` (${count.count}${count.at_least ? "+" : ""})` : "";
};

const searchBox = (search) => html`
  <form class="search" role="search" @submit=${(event) => { event.preventDefault(); event.target.elements.q.blur(); search.look(); }}>
    ${icon("search")}
    <input id="search" name="q" type="search" aria-label="Search tickets" placeholder="Search all tickets  ( / )" autocomplete="off" maxlength="200"
      .value=${live(search.text)} @input=${({ target }) => search.type(target.value)} @search=${({ target }) => target.value || search.end()} />
  </form>
`;

/** What can be done to all that is chosen. */
const bulk = (desk) => {
  const { selection } = desk;
  const isIdle = selection.isBusy || !selection.size;
  const button = (text, run) => html`<button type="button" ?disabled=${isIdle} @click=${run}>${text}</button>`;
  return html`
    <div class="bulk" role="group" aria-label="Selected tickets">
      <p role="status">${selection.size} selected</p>
      ${button("Status", () => choose(desk, "bulk-status"))} ${button("Assign", () => choose(desk, "bulk-assign"))} ${button("Tag", () => choose(desk, "bulk-tag"))}
      ${button("Close", () => selection.change({ status: "closed" }))}
      ${iconButton("cross", "Select nothing", () => selection.clear())}
    </div>`;
};

const one = (desk, row, place, count) => {
  const isOpen = desk.open?.id === row.id;
  const isChosen = desk.selection.has(row.id);
  const marks = [isOpen && "open", desk.cursor.id === row.id && "cursor", isChosen && "chosen"].filter(Boolean).join(" ");
  const go = ({ shiftKey }) => {
    if (shiftKey) return desk.selection.reach(row.id);
    desk.cursor.put(row.id);
    return desk.show(row.id);
  };
  return html`
    <li aria-setsize=${count} aria-posinset=${place + 1}>
      ${desk.selection.isOn ? html`<input type="checkbox" aria-label="Select ${row.number}" .checked=${live(isChosen)} @click=${({ shiftKey }) => (shiftKey ? desk.selection.reach(row.id) : desk.selection.toggle(row.id))} />` : nothing}
      <button type="button" class="row ${marks}" aria-current=${isOpen ? "true" : nothing} @click=${go}>
        <span class="line"><bdi class="subject">${row.subject}</bdi>${row.next_due_at && !["resolved", "closed"].includes(row.status) ? countdown(row.next_due_at) : html`<small>${when(row.updated_at)}</small>`}</span>
        <span class="line quiet"><span>${row.number} · ${label(row.channel)}${row.language ? ` · ${row.language.toUpperCase()}` : ""}</span>${player(desk, row)}</span>
        <span class="line">${row.snippet ? snippet(row.snippet) : html`<span class="marks">${status(row.status)} ${priority(row.priority)} ${row.tier ? html`<span class="tier">${row.tier}</span>` : nothing}
          ${row.complaint_id ? html`<span class="complaint">Complaint</span>` : nothing}</span>
          <small>${desk.list === "all" && row.assignee_id ? desk.people.name(row.assignee_id) : nothing}</small>`}</span>
      </button>
    </li>`;
};

/** What he is called, and his account where both are known. */
const player = ({ names }, row) => {
  const name = names.of(row);
  return html`<span class="player"><bdi>${name}</bdi>${row.player_id && row.player_id !== name ? html` · <bdi>${row.player_id}</bdi>` : nothing}</span>`;
};

const snippet = (pieces) => html`<span class="snippet">${pieces.map(({ text, hit }) => (hit ? html`<mark>${text}</mark>` : text))}</span>`;

const empty = (desk) => {
  if (!desk.tickets.loaded.has("queue")) return html`<p class="empty">Loading…</p>`;
  if (desk.list === "search") return html`<p class="empty">${desk.search.isBusy ? "Searching…" : `Nothing found for “${desk.search.query}”.`}</p>`;
  if (desk.list === "queue") return emptyQueue(desk, desk.tickets.rows("mine").length);
  return html`<p class="empty">No tickets here.</p>`;
};

const emptyQueue = (desk, mine) => html`
  <div class="empty">
    <p><strong>The queue is empty.</strong> New tickets appear here by themselves.</p>
    ${mine ? html`<button type="button" class="primary" @click=${() => desk.choose("mine")}>Show ${mine === 1 ? "the ticket that is" : `the ${mine} tickets that are`} yours</button>` : nothing}
  </div>`;
