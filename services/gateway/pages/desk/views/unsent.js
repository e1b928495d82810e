/** Words that wait to be sent, below those that were said. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { icon } from "./parts.js";

export const unsent = (desk, open) => repeat(desk.unsent.of(open.id), ({ key }) => key, (item) => one(desk.unsent, item));

const one = (waiting, item) => html`
  <article class="said unsent ${item.draft.kind}">
    <div>
      <p class="by" role="status">${item.refusal ? html`<strong>Not sent: <bdi>${item.refusal}</bdi></strong>` : html`<strong>${waiting.isUnderWay(item) ? "Sending…" : "Waiting to be sent"}</strong>`}
        ${waiting.isUnderWay(item) ? nothing : html`<button type="button" class="mark" @click=${() => waiting.takeBack(item)}>Take it back</button>`}</p>
      <p class="words" dir="auto">${item.body.text}</p>
      ${repeat(item.files, ({ key }) => key, ({ name }) => html`<span class="file">${icon("file")} <bdi>${name}</bdi></span>`)}
    </div>
  </article>`;
