/** The whole page: what is said on top, the list, the conversation and the card, or the wallboard. */

import { html, live, nothing, repeat } from "../../vendor/lit.js";
import { askToNotify, isSoundOn, mayNotify, setSound } from "../alerts.js";
import { label } from "../format.js";
import { choose } from "../keys.js";
import { theme, turnTheme } from "../theme.js";
import { banners } from "./banners.js";
import { card } from "./card.js";
import { conversation } from "./conversation.js";
import { dialogs } from "./dialogs.js";
import { list } from "./list.js";
import { icon, iconButton } from "./parts.js";
import { wallboard } from "./wallboard.js";

const STATUSES = ["online", "busy", "away", "offline"];

export const shell = (desk) => html`
  <div class="desk ${desk.open ? "has-open" : ""} ${desk.isCardOpen ? "has-card" : ""}" ?inert=${!desk.session.kept}>
    ${top(desk)} ${banners(desk)}
    ${desk.page === "board" ? wallboard(desk) : html`<div class="columns">${list(desk)} ${conversation(desk)} ${card(desk)}</div>`}
    ${dialogs(desk)}
    <div class="toasts" role="status" aria-live="polite">${repeat(desk.toasts.items, ({ key }) => key, ({ text, more }) => html`<p>${text}${more ? `, and ${more} more` : nothing}</p>`)}</div>
  </div>
`;

const top = (desk) => html`
  <header class="top">
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M10 25V8h7.5a5.5 5.5 0 0 1 0 11H10" /></svg>
    <p class="brand">${label(desk.session.brand)}</p>
    <nav aria-label="Pages">
      <button type="button" aria-current=${desk.page === "tickets" ? "page" : nothing} @click=${() => desk.choose(desk.list)}>Tickets</button>
      <button type="button" aria-current=${desk.page === "board" ? "page" : nothing} @click=${() => desk.showBoard()}>Wallboard</button>
    </nav>
    <button type="button" class="palette-opener" @click=${() => choose(desk, "palette")}>${icon("bolt")} <span>Do anything</span> <kbd>Ctrl K</kbd></button>
    ${tools(desk)} ${me(desk)}
  </header>
`;

const tools = (desk) => {
  const turn = () => {
    turnTheme();
    desk.changed();
  };
  const sound = () => {
    setSound(!isSoundOn());
    if (mayNotify() === "default") askToNotify().then(() => desk.changed());
    desk.changed();
  };
  const { unread } = desk.company;
  return html`
    <span class="calls">${iconButton("note", unread ? `${unread} notes call you` : "Notes that call me", () => choose(desk, "mentions"))}${unread ? html`<span class="unread-count" aria-hidden="true">${unread}</span>` : ""}</span>
    ${iconButton("keys", "Keyboard help", () => choose(desk, "help"), "wide-only")}
    ${iconButton(isSoundOn() ? "bell" : "mute", isSoundOn() ? "Sound is on" : "Sound is off", sound, "roomy-only")}
    ${iconButton("moon", `Theme: ${theme()}`, turn, "roomy-only")}
  `;
};

const me = (desk) => html`
  <label class="presence presence-${desk.me.status ?? "offline"}">
    <span class="dot" aria-hidden="true"></span><span class="hidden">My status</span>
    <select @change=${({ target }) => desk.setStatus(target.value)}>
      ${STATUSES.map((status) => html`<option value=${status} .selected=${live(desk.me.status === status)}>${label(status)}</option>`)}
    </select>
  </label>
  <p class="who">${desk.me.name} <small>${label(desk.me.role)}</small></p>
  ${iconButton("leave", "Sign out", () => desk.signOut())}
`;
