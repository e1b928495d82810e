/** Where a person writes. Enter sends, Shift+Enter breaks the line; a word still being composed is not sent. */

import { html, live } from "../../vendor/lit.js";
import { plane } from "./icons.js";

const LONGEST = 16_000;

export const composer = ({ words, ui, conversation }, actions) => {
  const send = () => actions.say(ui.draft);
  const key = (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  };
  return html`
    <form class="composer" @submit=${(event) => (event.preventDefault(), send())}>
      <textarea
        rows="1" maxlength=${LONGEST} dir="auto" enterkeyhint="send" aria-label=${words.say("composer.label")}
        placeholder=${words.say("composer.hint")} .value=${live(ui.draft)} ?disabled=${!conversation}
        @input=${({ target }) => actions.draft(target.value)} @keydown=${key}
      ></textarea>
      <button type="submit" class="send" aria-label=${words.say("composer.send")} title=${words.say("composer.send")}
        aria-disabled=${ui.draft.trim() === ""}>${plane()}</button>
    </form>
  `;
};
