/** The box: a reply to the player or a note among staff. Nothing leaves it before the server has it. */

import { html, live, nothing, repeat } from "../../vendor/lit.js";
import { addFiles, unmerge } from "../deeds.js";
import { label } from "../format.js";
import { choose } from "../keys.js";
import { finished, fitting, typedName, uncalled } from "../mentioning.js";
import { icon, iconButton } from "./parts.js";

export const composer = (desk, open) => {
  const draft = desk.drafts.of(open.id);
  if (open.ticket.merged_into) return html`<p class="composer merged">This ticket was merged. <button type="button" @click=${() => desk.show(open.ticket.merged_into)}>Open the one it went into</button>
    <button type="button" ?disabled=${open.isBusy} @click=${() => unmerge(open)}>Take the merge back</button></p>`;
  const write = (changes) => {
    desk.drafts.write(open.id, changes);
    desk.changed();
  };
  const isNote = draft.kind === "note";
  const look = ({ target }) => {
    const part = desk.drafts.of(open.id).kind === "note" ? typedName(target) : null;
    open.naming = part === null ? null : { part, place: 0 };
    desk.changed();
  };
  const key = (event) => {
    if (open.naming && name(desk, open, event, write)) return;
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    open.say();
  };
  const named = open.naming && isNote ? fitting(desk, open.naming.part) : [];
  return html`
    <form class="composer ${draft.kind}" @submit=${(event) => { event.preventDefault(); open.say(); }}>
      <div class="kinds" role="group" aria-label="Who reads it">
        <button type="button" aria-pressed=${!isNote} @click=${() => write({ kind: "reply" })}>Reply</button>
        <button type="button" aria-pressed=${isNote} @click=${() => write({ kind: "note" })}>Note</button>
        ${isNote ? called(desk, draft, write) : nothing}
        ${draft.macro ? macro(draft.macro, () => write({ macro: undefined })) : nothing}
      </div>
      ${open.spoke ? spoke(open) : nothing}
      <textarea id="words" rows="3" maxlength="16000" dir="auto" aria-label=${isNote ? "Note for staff" : "Reply to the player"}
        placeholder=${isNote ? "Only staff see this" : "Write to the player"} .value=${live(draft.text)}
        aria-autocomplete=${isNote ? "list" : nothing} aria-controls=${named.length ? "named" : nothing} aria-activedescendant=${named.length ? `named-${placeIn(named, open)}` : nothing}
        @input=${(event) => { write({ text: event.target.value }); open.tellTyping(); look(event); }} @click=${look} @keydown=${key} @blur=${() => { open.naming = null; desk.changed(); }}
        @paste=${({ clipboardData }) => clipboardData.files.length && addFiles(open, clipboardData.files)}></textarea>
      ${named.length ? offer(desk, open, named, write) : isNote ? unheard(desk, draft) : nothing}
      ${open.uploads.length ? uploads(open) : nothing}
      <div class="foot">
        ${attach(open)}
        <button type="button" class="quiet-button" @click=${() => choose(desk, "macros")}>${icon("bolt")} Macros <kbd>m</kbd></button>
        <span class="hint">${draft.text ? "Draft kept" : nothing}</span>
        <button class="primary" ?disabled=${open.isSending || !draft.text.trim()}>${isNote ? "Add the note" : "Send"} <kbd>Ctrl ↵</kbd></button>
      </div>
    </form>`;
};

/** Whom the note calls: each is told at once, wherever he is. */
const called = (desk, { mentions = [] }, write) => html`
  <button type="button" class="quiet-button" @click=${() => choose(desk, "call")}>Call somebody <kbd>@</kbd></button>
  ${repeat(mentions, (id) => id, (id) => html`<span class="macro called">${desk.people.name(id)}${iconButton("cross", `Do not call ${desk.people.name(id)}`, () => write({ mentions: mentions.filter((one) => one !== id) }))}</span>`)}`;

const placeIn = (named, { naming }) => Math.min(naming.place, named.length - 1);

/** Colleagues to choose from while a name is typed; a press takes nothing from the box. */
const offer = (desk, open, named, write) => html`
  <ul id="named" class="named" role="listbox" aria-label="Colleagues" @pointerdown=${(event) => event.preventDefault()} @mousedown=${(event) => event.preventDefault()}>
    ${named.map(({ id, status, online }, place) => html`
      <li id="named-${place}" role="option" aria-selected=${place === placeIn(named, open)} @click=${() => call(desk, open, id, write)}>
        <span>${desk.people.name(id)}</span><small>${status ? label(status) : online ? "here" : nothing}</small></li>`)}
  </ul>`;

const call = (desk, open, id, write) => {
  const box = document.getElementById("words");
  if (typedName(box) === null) return;
  write(finished(desk, box, id, desk.drafts.of(open.id).mentions));
  open.naming = null;
};

/** Keys while names are offered; true if it was one of them. A fast hand is ahead of what is drawn. */
const name = (desk, open, event, write) => {
  const named = fitting(desk, typedName(event.target) ?? open.naming.part);
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isTaken = event.key === "Tab" || (event.key === "Enter" && !event.ctrlKey && !event.metaKey);
  if (!named.length || event.isComposing || !(step || isTaken || event.key === "Escape")) return false;
  event.preventDefault();
  event.stopPropagation();
  if (step) open.naming.place = Math.max(0, Math.min(named.length - 1, placeIn(named, open) + step));
  else if (isTaken) call(desk, open, named[placeIn(named, open)].id, write);
  else open.naming = null;
  desk.changed();
  return true;
};

const unheard = (desk, draft) => {
  const names = uncalled(desk, draft);
  return names.length ? html`<p class="aside unheard" role="status">${names.map((one) => `@${one}`).join(", ")} calls nobody. Choose a name from the list behind the @.</p>` : nothing;
};

const macro = (used, drop) => html`
  <span class="macro">${icon("bolt")} <bdi>${used.name}</bdi>${deeds(used) ? html` <small>also ${deeds(used)}</small>` : nothing}${iconButton("cross", "Only the words, not the macro", drop)}</span>`;

export const deeds = ({ actions: { status, priority, reason, add_tags: tags = [], assign_me: mine, quick_replies: choices = {} } = {}, language }) => {
  const offered = (choices[language] ?? []).map(({ label: text }) => `“${text}”`);
  return [status && `sets ${label(status)}`, priority && `priority ${label(priority)}`, reason && `reason ${reason}`, tags.length && `adds the tag ${tags.join(", ")}`,
    mine && "takes the ticket", offered.length && `offers the buttons ${offered.join(", ")}`].filter(Boolean).join(", ");
};

const spoke = (open) => html`
  <div class="conflict" role="alert"><p><strong>${open.spoke}.</strong> Read it above; your words are still here.</p>
    <p class="buttons"><button type="button" class="primary" @click=${() => open.say({ regardless: true })}>Send all the same</button></p></div>`;

const attach = (open) => html`
  ${iconButton("clip", "Attach files", ({ currentTarget }) => currentTarget.nextElementSibling.click())}
  <input type="file" multiple hidden aria-label="Attach files" @change=${({ target }) => { addFiles(open, [...target.files]); target.value = ""; }} />`;

const uploads = (open) => html`<ul class="uploads" aria-live="polite">${repeat(open.uploads, ({ key }) => key, (upload) => html`
  <li class="file ${upload.state}">${icon("file")} <bdi>${upload.name}</bdi> <small>${label(upload.state)}</small>
    ${iconButton("cross", `Remove ${upload.name}`, () => { open.uploads = open.uploads.filter((one) => one !== upload); open.desk.changed(); })}</li>`)}</ul>`;
