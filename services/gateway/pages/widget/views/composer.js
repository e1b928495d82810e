/**
 * Where a person writes, and the files that words carry. Enter sends, Shift+Enter breaks the line; a word still being composed
 * is not sent. A file that was not checked or was refused is named, never offered.
 */

import { html, live, nothing } from "../../vendor/lit.js";
import { ACCEPTED } from "../files.js";
import { clip, cross, plane, sheet } from "./icons.js";

const LONGEST = 16_000;
const STATES = { pending: "file.checking", rejected: "file.refused", deleted: "file.gone", sending: "file.sending", failed: "file.failed" };

export const composer = (view, actions) => {
  const { words, ui, conversation } = view;
  const files = conversation?.files;
  const isEmpty = ui.draft.trim() === "" && (view.editing || !files?.uploads.some((upload) => upload.state === "sent"));
  const send = () => actions.say(ui.draft);
  const key = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return html`
    ${view.editing ? editing(words, actions) : uploads(view, actions)}
    <form class="composer" @submit=${(event) => (event.preventDefault(), send())}>
      ${view.takesFiles && !view.editing ? attach(words, actions) : nothing}
      <textarea
        rows="1" maxlength=${LONGEST} dir="auto" enterkeyhint="send" aria-label=${words.say("composer.label")}
        placeholder=${words.say("composer.hint")} .value=${live(ui.draft)} ?disabled=${!conversation}
        @input=${({ target }) => actions.draft(target.value)} @keydown=${key} @paste=${({ clipboardData }) => view.takesFiles && actions.addFiles(clipboardData.files)}
      ></textarea>
      <button type="submit" class="send" aria-label=${words.say("composer.send")} title=${words.say("composer.send")}
        aria-disabled=${isEmpty || Boolean(files?.isSending)}>${plane()}</button>
    </form>
  `;
};

const editing = (words, actions) => html`
  <p class="notice info"><span>${words.say("edit.now")}</span>
    <button type="button" class="link" @click=${actions.keepAsIs}>${words.say("edit.cancel")}</button></p>
`;

const attach = (words, actions) => {
  const chosen = ({ target }) => {
    actions.addFiles(target.files);
    target.value = "";
  };
  return html`
    <button type="button" class="icon" aria-label=${words.say("file.add")} title=${words.say("file.add")}
      @click=${({ currentTarget }) => currentTarget.nextElementSibling.click()}>${clip()}</button>
    <input type="file" multiple hidden accept=${ACCEPTED} aria-label=${words.say("file.add")} @change=${chosen} />
  `;
};

/** @param {string[]} ids */
export const attachments = (ids, { words, conversation }, actions) => {
  const known = ids.map((id) => conversation.files.facts(id)).filter(Boolean);
  return html`<ul class="files">${known.map((file) => html`<li>${offered(file, words, actions)}</li>`)}</ul>`;
};

const offered = (file, words, actions) =>
  file.state === "ready"
    ? html`<button type="button" class="file" @click=${() => actions.openFile(file.id)}>${facts(file, words)}</button>`
    : html`<span class="file">${facts(file, words)}</span>`;

const facts = ({ name, size, state }, words) => html`
  ${sheet()}<span><bdi>${name}</bdi><small>${size ? words.size(size) : nothing}
  ${STATES[state] ? words.say(STATES[state]) : nothing}</small></span>
`;

/** What is on its way up; each can be taken back. */
export const uploads = ({ words, conversation }, actions) =>
  conversation?.files.uploads.length
    ? html`<ul class="files uploads" aria-live="polite">
        ${conversation.files.uploads.map((upload) => html`
          <li class="file ${upload.state}">
            ${facts(upload, words)}
            <button type="button" class="icon" aria-label=${words.say("file.remove", { name: upload.name })}
              @click=${() => actions.dropFile(upload)}>${cross()}</button>
          </li>`)}
      </ul>`
    : nothing;
