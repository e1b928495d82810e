/** Files of a message, and those the next one will carry. What was not checked or was refused is named, never offered. */

import { html, nothing } from "../../vendor/lit.js";
import { cross, sheet } from "./icons.js";

const STATES = { pending: "file.checking", rejected: "file.refused", deleted: "file.gone", sending: "file.sending", failed: "file.failed" };

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
