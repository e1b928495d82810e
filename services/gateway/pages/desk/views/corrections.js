/** Words that were corrected or withdrawn, and what one can do to one's own. */

import { html, nothing } from "../../vendor/lit.js";
import { moment, time } from "../format.js";

/** Ask in a dialog about these words. */
export const ask = (desk, name, entry) => {
  desk.dialog = { name, query: "", place: 0, entry };
  desk.draw();
};

export const words = (open, entry) => html`
  ${entry.withdrawn_at
    ? html`<p class="words gone">Withdrawn <time datetime=${entry.withdrawn_at}>${time(entry.withdrawn_at)}</time></p>`
    : entry.text || !entry.attachments?.length ? html`<p class="words" dir="auto">${entry.text}</p>` : nothing}
  ${history(open.desk, open.corrections.histories.get(entry.id))}`;

/** What stands beside the name: that words are not the first ones, and what may be done to them. */
export const marks = (desk, open, entry) => {
  const { corrections } = open;
  const isChanged = entry.edited_at || entry.withdrawn_at;
  const isShown = corrections.histories.has(entry.id);
  return html`
    ${isChanged
      ? html`<button type="button" class="mark" aria-expanded=${isShown} title="What it said before" @click=${() => corrections.toggle(entry)}>${entry.withdrawn_at ? "withdrawn" : "edited"}</button>`
      : nothing}
    ${corrections.mayCorrect(entry) ? html`<button type="button" class="mark" @click=${() => ask(desk, "correct", entry)}>Edit</button>` : nothing}
    ${corrections.mayWithdraw(entry) ? html`<button type="button" class="mark" @click=${() => ask(desk, "withdraw", entry)}>Withdraw</button>` : nothing}`;
};

const history = (desk, versions) =>
  versions
    ? html`<ol class="history" aria-label="What it said before">
        ${versions.map(({ text, author, since }) => html`<li><span dir="auto">${text}</span>
          <small><bdi>${author.name ?? (author.kind === "staff" ? desk.people.name(author.id) : author.kind)}</bdi>, <time datetime=${since}>${moment(since)}</time></small></li>`)}
      </ol>`
    : nothing;
