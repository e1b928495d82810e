/** The whole widget: the button in the corner, and the panel above it. */

import { html, nothing } from "../../vendor/lit.js";
import { composer } from "./composer.js";
import { form } from "./form.js";
import { bubble, cross, down, leave } from "./icons.js";
import { log } from "./log.js";
import { ended, endQuestion, notices, settled } from "./notices.js";

/** The style sheet as an object: no element and no attribute carries style, so that a strict policy has nothing to refuse. */
export const loadStyles = async () => {
  const answer = await fetch(new URL("../widget.css", import.meta.url));
  return new CSSStyleSheet().replace(await answer.text());
};

/**
 * @param {object} view what there is to show; see `pitboss-chat.js`
 * @param {Record<string, Function>} actions what a person can do
 */
export const chat = (view, actions) => html`
  <div class="root" dir=${view.words.direction} lang=${view.words.locale} data-theme=${view.theme}>
    ${view.ui.open ? panel(view, actions) : nothing} ${launcher(view, actions)}
  </div>
`;

const launcher = ({ words, ui, conversation }, actions) => {
  const unread = ui.open ? 0 : conversation?.unread ?? 0;
  const label = [words.say(ui.open ? "launcher.close" : "launcher.open")];
  if (unread) label.push(words.say("launcher.unread", { count: unread }));
  return html`
    <button class="launcher" type="button" aria-expanded=${ui.open} aria-label=${label.join(", ")} @click=${actions.toggle}>
      ${ui.open ? down() : bubble()} ${unread ? html`<span class="badge" aria-hidden="true">${unread}</span>` : nothing}
    </button>
    <div class="hidden" role="status">${unread ? words.say("launcher.unread", { count: unread }) : nothing}</div>
  `;
};

const panel = (view, actions) => html`
  <section
    class="panel" role="dialog" aria-label=${view.heading} aria-modal=${view.isModal ? "true" : nothing}
    @keydown=${actions.key}
  >
    ${header(view, actions)} ${notices(view, actions)} ${body(view, actions)}
  </section>
`;

const header = ({ words, heading, conversation, asksFirst }, actions) => html`
  <header>
    <div class="title">
      <h2>${heading}</h2>
      <p role="status">${status(words, conversation, asksFirst)}</p>
    </div>
    ${conversation?.transcript.head && !conversation.ended
      ? html`<button type="button" class="icon" aria-label=${words.say("menu.end")} title=${words.say("menu.end")}
          @click=${actions.askEnd}>${leave()}</button>`
      : nothing}
    <button type="button" class="icon" aria-label=${words.say("launcher.close")} title=${words.say("launcher.close")}
      @click=${actions.close}>${cross()}</button>
  </header>
`;

const status = (words, conversation, asksFirst) => {
  if (conversation?.reach.absence) return words.say("away");
  if (!conversation || asksFirst || conversation.link.phase === "off") return words.say("status.idle");
  if (conversation.ended) return words.say("status.ended");
  if (conversation.link.phase === "stopped") return nothing;
  if (conversation.link.phase !== "live") return words.say("status.connecting");
  const { name } = conversation.staff;
  return name ? words.say("status.staff", { name }) : words.say("status.live");
};

const body = (view, actions) => {
  if (view.asksFirst) return form(view, actions);
  return html`${log(view, actions)} ${foot(view, actions)}`;
};

const foot = (view, actions) => {
  const { conversation, ui } = view;
  if (conversation?.ended) return ended(view, actions);
  if (conversation?.link.reason === "misconfigured") return nothing;
  return ui.confirming ? endQuestion(view, actions) : html`${settled(view, actions)} ${composer(view, actions)}`;
};
