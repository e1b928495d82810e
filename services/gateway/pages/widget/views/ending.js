/** The end of a chat, and how it was. */

import { html, nothing } from "../../vendor/lit.js";
import { star } from "./icons.js";
import { address } from "./notices.js";

const SCORES = [1, 2, 3, 4, 5];

export const endQuestion = ({ words }, actions) => html`
  <div class="foot" role="group" aria-label=${words.say("end.ask")}>
    <p>${words.say("end.ask")}</p>
    <div class="row">
      <button type="button" class="primary" @click=${actions.end}>${words.say("end.yes")}</button>
      <button type="button" class="plain" @click=${actions.keepOn}>${words.say("end.no")}</button>
    </div>
  </div>
`;

export const ended = (view, actions) => {
  const { words, conversation } = view;
  if (conversation.ended.reason === "banned") return banned(words, conversation.ended.until);
  return html`
    <div class="foot ended">
      <p>${words.say("ended")}</p>
      ${rating(conversation.rating, words, actions)}
      ${conversation.transcript.head ? mailing(conversation.reach.mailing, words, actions) : nothing}
      <button type="button" class=${["asked", "later"].includes(conversation.rating.stage) ? "plain" : "primary"} @click=${actions.renew}>${words.say("ended.again")}</button>
    </div>
  `;
};

const banned = (words, until) => html`
  <div class="foot ended">
    <p>${until ? words.say("problem.banned", { until: `${words.day(until)}, ${words.time(until)}` }) : words.say("problem.forbidden")}</p>
  </div>
`;

/** A matter was settled and the chat goes on: how it was is asked above the box, and can wait. */
export const settled = ({ words, conversation }, actions) => {
  const { stage } = conversation?.rating ?? {};
  if (!conversation || conversation.ended || (stage !== "asked" && stage !== "sent")) return nothing;
  return html`
    <div class="foot settled">
      ${rating(conversation.rating, words, actions)}
      ${stage === "asked" ? html`<button type="button" class="link" @click=${actions.rateLater}>${words.say("rating.later")}</button>` : nothing}
    </div>
  `;
};

const rating = ({ score, stage }, words, actions) => {
  if (stage === null) return nothing;
  if (stage === "sent") return html`<p role="status">${words.say("rating.thanks")}</p>`;
  const submit = (event) => {
    event.preventDefault();
    actions.sendRating(new FormData(event.target).get("comment")?.trim());
  };
  return html`
    <form class="rating" @submit=${submit}>
      <fieldset>
        <legend>${words.say("rating.ask")}</legend>
        <div class="stars">
          ${SCORES.map((value) => html`
            <label class=${score >= value ? "on" : ""} title=${words.say(`rating.${value}`)}>
              <input type="radio" name="score" value=${value} .checked=${score === value} @change=${() => actions.rate(value)} />
              <span class="hidden">${words.say(`rating.${value}`)}</span>${star()}
            </label>
          `)}
        </div>
      </fieldset>
      ${score ? comment(words) : nothing}
    </form>
  `;
};

const comment = (words) => html`
  <label><span class="hidden">${words.say("rating.comment")}</span>
    <textarea name="comment" rows="2" maxlength="2000" dir="auto" placeholder=${words.say("rating.comment")}></textarea>
  </label>
  <button type="submit" class="primary">${words.say("rating.send")}</button>
`;

/** The conversation by e-mail. */
const mailing = (stage, words, actions) => {
  if (stage === "sent") return html`<p role="status">${words.say("mail.sent")}</p>`;
  if (stage === "ask") return address(words, "mail", actions);
  return html`<button type="button" class="link" @click=${() => actions.reach("mail")}>${words.say("mail.ask")}</button>`;
};
