/**
 * What a person is told and asked beside the words: about the connection, the queue and limits in one line each, once, never
 * in the way; whether nobody is there; how it was; that it has ended.
 */

import { html, nothing } from "../../vendor/lit.js";
import { star } from "./icons.js";

const SCORES = [1, 2, 3, 4, 5];

export const notices = (view, actions) => html`<div class="notices" role="status">${chosen(view, actions)}</div>`;

const chosen = (view, actions) => {
  const { words, conversation, ui, isOffline } = view;
  if (isOffline) return notice("warning", words.say("offline"));
  if (ui.problem) return notice("warning", words.say(`problem.${ui.problem.code === "identity" ? "identity" : "failed"}`));
  if (!conversation || conversation.ended || view.asksFirst) return nothing;
  if (conversation.link.phase === "stopped") return stopped(words, conversation.link.reason, actions);
  return unhealthy(words, conversation) ?? waiting(words, conversation, actions);
};

const stopped = (words, reason, actions) => {
  if (reason !== "replaced") return notice("warning", words.say(`problem.${reason}`));
  return notice("info", words.say("problem.replaced"), button(words.say("problem.replaced.here"), actions.takeOver));
};

const unhealthy = (words, { link, problem }) => {
  if (link.reason === "rate" || problem?.status === 429) return notice("warning", words.say("problem.rate"));
  if (link.reason === "identity") return notice("warning", words.say("problem.identity"));
  if (link.phase === "live" && problem) return notice("warning", words.say("problem.busy"));
  /* The first attempts succeed nearly always: a line that flickers frightens more than it helps. */
  if (link.phase !== "live" && link.attempt > 1) return notice("warning", words.say("reconnecting"));
  return null;
};

const waiting = (words, conversation, actions) => {
  const { endsAt, queue } = conversation;
  if (endsAt) return notice("warning", words.say("inactive", { time: words.time(endsAt) }), button(words.say("inactive.stay"), actions.stay));
  if (!queue) return nothing;
  const place = words.say("queue", { count: queue.position });
  return notice("info", queue.seconds === null ? `${words.say("away")} ${place}` : `${place}, ${words.say("queue.wait", { wait: words.wait(queue.seconds) })}`);
};

const notice = (kind, text, more = nothing) => html`<p class="notice ${kind}"><span>${text}</span> ${more}</p>`;
const button = (text, act) => html`<button type="button" class="link" @click=${act}>${text}</button>`;

/** Say before the first word that nobody answers soon; nothing if somebody does. */
export const absence = ({ words, conversation, asksFirst }, actions) => {
  const reach = conversation?.reach;
  if (!reach?.absence) return nothing;
  const { absence: why, opens_at: at, wait_seconds: wait, email_known: isKnown } = reach.offer;
  const values = { time: at && `${words.day(at)}, ${words.time(at)}`, wait: words.wait(wait) };
  return html`
    <p>${words.say(at ? "away.until" : why === "busy" ? "away.busy" : "away", values)} ${words.say("away.leave")}</p>
    ${isKnown || asksFirst ? nothing : address(words, "leave", actions)}
  `;
};

/** Ask for an address; `how` says what becomes of it. */
export const address = (words, how, actions) => {
  const submit = (event) => {
    event.preventDefault();
    actions.reach(how, event.target.email.value);
  };
  return html`
    <form class="row" @submit=${submit}>
      <input name="email" type="email" required maxlength="254" autocomplete="email" aria-label=${words.say("mail.address")} placeholder=${words.say("mail.address")} />
      <button type="submit" class="plain">${words.say("mail.use")}</button>
    </form>
  `;
};

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
