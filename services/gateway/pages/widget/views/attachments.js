/** Files of a message. What has not been checked or was refused is named, never offered. */

import { html, nothing } from "../../vendor/lit.js";
import { sheet } from "./icons.js";
import { safeAddress } from "./text.js";

const STATES = { pending: "file.checking", rejected: "file.refused", deleted: "file.gone" };

/**
 * @param {{id: string, name: string, content_type: string, size: number, state: string, url: string | null}[]} files
 * @param {object} view
 */
export const attachments = (files, { words, origin }) => html`
  <ul class="files">${files.map((file) => html`<li>${one(file, words, origin)}</li>`)}</ul>
`;

const one = (file, words, origin) => {
  const address = file.state === "ready" && file.url ? safeAddress(file.url, origin) : null;
  const facts = html`${sheet()}<span class="file"><bdi>${file.name}</bdi>
    <small>${words.size(file.size)}${STATES[file.state] ? html` · ${words.say(STATES[file.state])}` : nothing}</small></span>`;
  return address
    ? html`<a href=${address} target="_blank" rel="noopener noreferrer nofollow">${facts}</a>`
    : html`<span>${facts}</span>`;
};
