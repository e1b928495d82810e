/** Choosing by typing: deeds in the palette, canned answers among the macros. */

import { html, nothing } from "../../vendor/lit.js";
import { found } from "../keys.js";
import { deeds } from "./composer.js";

const MOST = 12;

/** A box, and what fits below it; arrows move, Enter takes. Keys look anew: a fast hand is ahead of what is drawn. */
const chooser = (desk, hint, find, take, show, none = "Nothing fits.") => {
  const { dialog } = desk;
  const items = find();
  const at = (among) => Math.min(dialog.place, Math.max(0, among.length - 1));
  const place = at(items);
  const key = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step && event.key !== "Enter") return;
    event.preventDefault();
    const now = find();
    if (step) dialog.place = Math.max(0, Math.min(now.length - 1, at(now) + step));
    else if (now.length) take(now[at(now)]);
    desk.changed();
  };
  const typed = ({ target }) => {
    Object.assign(dialog, { query: target.value, place: 0 });
    desk.changed();
  };
  return html`
    <input class="chooser" role="combobox" aria-expanded="true" aria-controls="choices" aria-autocomplete="list" aria-label=${hint} placeholder=${hint} autofocus autocomplete="off"
      aria-activedescendant=${items.length ? `choice-${place}` : nothing} @input=${typed} @keydown=${key} />
    <ul id="choices" role="listbox" aria-label=${hint}>
      ${items.map((item, index) => html`<li id="choice-${index}" role="option" aria-selected=${index === place} @click=${() => take(item)}>${show(item)}</li>`)}
    </ul>
    ${items.length ? nothing : html`<p class="empty">${none}</p>`}`;
};

export const palette = (desk, close) => {
  const { dialog } = desk;
  const find = () => found(desk, dialog.query).slice(0, MOST);
  const take = (item) => {
    close();
    requestAnimationFrame(() => requestAnimationFrame(item.run));
  };
  return chooser(desk, "What do you want to do?", find, take, ({ name, key }) => html`<span>${name}</span>${key ? html`<kbd>${key}</kbd>` : nothing}`);
};

export const macros = (desk, close) => {
  const { open, dialog } = desk;
  if (!open.macros) return html`<p class="empty">Loading…</p>`;
  const fits = ({ name, shortcut, text }) => `${name} ${shortcut ?? ""} ${text ?? ""}`.toLowerCase().includes(dialog.query.toLowerCase());
  const take = (macro) => {
    close();
    open.useMacro(macro);
    requestAnimationFrame(() => requestAnimationFrame(() => document.getElementById("words")?.focus()));
  };
  return chooser(desk, "Find a macro", () => open.macros.filter(fits).slice(0, MOST), take, (macro) => html`
    <span class="macro-choice"><b>${macro.name}</b> ${macro.shortcut ? html`<kbd>${macro.shortcut}</kbd>` : nothing}
      <small>${macro.text ?? "Only does"} ${deeds(macro) ? `· ${deeds(macro)}` : ""}</small></span>`,
    open.macros.length ? "Nothing fits." : "There are no macros yet.");
};
