/** Words of people: shown as text, whatever they contain. Addresses of the web become links that give nothing away. */

import { html } from "../../vendor/lit.js";

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`]+/gi;
const NOT_AT_END = /[.,;:!?)\]}»”’]+$/;

/**
 * @param {string} text
 * @returns {unknown[]} text and links, for a template
 */
export const linked = (text) => {
  const parts = [];
  let done = 0;
  for (const match of text.matchAll(ADDRESS)) {
    const shown = match[0].replace(NOT_AT_END, "");
    const address = webAddress(shown);
    if (!address) continue;
    parts.push(text.slice(done, match.index), link(address, shown));
    done = match.index + shown.length;
  }
  return [...parts, text.slice(done)];
};

/**
 * Return an address a person may be led to: of the web, nothing else; null if it is none.
 *
 * @param {string} address
 */
const webAddress = (address) => {
  if (!URL.canParse(address)) return null;
  const { protocol, href } = new URL(address);
  return protocol === "https:" || protocol === "http:" ? href : null;
};

const link = (address, shown) =>
  html`<a href=${address} target="_blank" rel="noopener noreferrer nofollow ugc">${shown}</a>`;
