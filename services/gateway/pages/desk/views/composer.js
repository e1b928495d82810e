/** The box: a reply to the player or a note among staff. Nothing leaves it before the server has it. */

import { html, live, nothing, repeat } from "../../vendor/lit.js";
import { addFiles, unmerge } from "../deeds.js";
import { label } from "../format.js";
import { choose } from "../keys.js";
import { icon, iconButton } from "./parts.js";

export const composer = (desk, open) => {
  const draft = desk.drafts.of(open.id);
  if (open.ticket.merged_into) return html`<p class="composer merged">This ticket was merged. <button type="button" @click=${() => desk.show(open.ticket.merged_into)}>Open the one it went into</button>
    <button type="button" ?disabled=${open.isBusy} @click=${() => unmerge(open)}>Take the merge back</button></p>`;
  const write = (changes) => {
    desk.drafts.write(open.id, changes);
    desk.changed();
  };
  const key = (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return;
    event.preventDefault();
    open.say();
  };
  const isNote = draft.kind === "note";
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
        @input=${({ target }) => { write({ text: target.value }); open.tellTyping(); }} @keydown=${key}
        @paste=${({ clipboardData }) => clipboardData.files.length && addFiles(open, clipboardData.files)}></textarea>
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

const macro = ({ name, actions }, drop) => html`
  <span class="macro">${icon("bolt")} <bdi>${name}</bdi>${deeds(actions) ? html` <small>also ${deeds(actions)}</small>` : nothing}${iconButton("cross", "Only the words, not the macro", drop)}</span>`;

export const deeds = ({ status, priority, reason, add_tags: tags = [], assign_me: mine } = {}) =>
  [status && `sets ${label(status)}`, priority && `priority ${label(priority)}`, reason && `reason ${reason}`, tags.length && `adds ${tags.join(", ")}`, mine && "takes the ticket"]
    .filter(Boolean).join(", ");

const spoke = (open) => html`
  <div class="conflict" role="alert"><p><strong>${open.spoke}.</strong> Read it above; your words are still here.</p>
    <p class="buttons"><button type="button" class="primary" @click=${() => open.say({ regardless: true })}>Send all the same</button></p></div>`;

const attach = (open) => html`
  ${iconButton("clip", "Attach files", ({ currentTarget }) => currentTarget.nextElementSibling.click())}
  <input type="file" multiple hidden aria-label="Attach files" @change=${({ target }) => { addFiles(open, [...target.files]); target.value = ""; }} />`;

const uploads = (open) => html`<ul class="uploads" aria-live="polite">${repeat(open.uploads, ({ key }) => key, (upload) => html`
  <li class="file ${upload.state}">${icon("file")} <bdi>${upload.name}</bdi> <small>${label(upload.state)}</small>
    ${iconButton("cross", `Remove ${upload.name}`, () => { open.uploads = open.uploads.filter((one) => one !== upload); open.desk.changed(); })}</li>`)}</ul>`;
