/** What a person should know about the connection, the queue and limits: one line each, told once, never in the way. */

import { html, nothing } from "../../vendor/lit.js";

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
  return notice("info", queue.seconds === null ? place : `${place}, ${words.say("queue.wait", { wait: words.wait(queue.seconds) })}`);
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
