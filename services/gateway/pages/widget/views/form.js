/**
 * What a visitor is asked before the first word: nobody vouches for him, and a topic finds the right person sooner. Who
 * has begun already is asked only what the brand insists on: the page asked nothing, or no longer knows what was said. If
 * an answer could not be taken, all are shown again.
 */

import { html, nothing } from "../../vendor/lit.js";
import { absence } from "./notices.js";

const TOPICS = ["account", "payments", "bonuses", "verification", "technical", "complaint", "other"];

export const form = (view, actions) => {
  const { words, conversation } = view;
  const { opening } = conversation;
  const wrong = conversation.problem?.wrong ?? [];
  const isBrief = conversation.hasBegun && !wrong.length;
  const asked = { name: "optional", email: "optional", reason: "optional", reasons: [], questions: [], ...conversation.reach.offer?.form };
  if (conversation.reach.absence && !isBrief) asked.email = "required";
  const topics = asked.reasons.length
    ? asked.reasons.map(({ code, labels }) => [code, words.pick(labels)])
    : TOPICS.map((topic) => [topic, words.say(`topic.${topic}`)]);
  const submit = (event) => {
    event.preventDefault();
    actions.introduce(saidIn(new FormData(event.target), asked, topics));
  };
  const field = (name, label, isRequired, type, longest, path = `/${name}`, given = opening[name]) =>
    isBrief && !isRequired
      ? nothing
      : html`
    <label>
      <span>${label} ${isRequired ? nothing : optional(words)}</span>
      <input name=${name} type=${type} maxlength=${longest} autocomplete=${name} dir="auto" ?required=${isRequired} value=${given ?? ""} />
      ${wrong.includes(path) ? html`<small class="held" role="alert">${words.say("form.wrong")}</small>` : nothing}
    </label>
  `;
  const topic = (isRequired) => html`
    <label>
      <span>${words.say("form.topic")} ${isRequired ? nothing : optional(words)}</span>
      <select name="topic" ?required=${isRequired}>
        <option value="">${words.say("form.choose")}</option>
        ${topics.map(([value, label]) => html`<option value=${value} ?selected=${label === opening.subject}>${label}</option>`)}
      </select>
    </label>
  `;
  const usual = (name, type, longest) =>
    asked[name] === "no" ? nothing : field(name, words.say(`form.${name}`), asked[name] === "required", type, longest);
  return html`
    <form class="form" @submit=${submit}>
      <h3>${words.say("form.title")}</h3>
      ${absence(view, actions)} ${usual("name", "text", 120)} ${usual("email", "email", 254)}
      ${asked.reason === "no" || (isBrief && asked.reason !== "required") ? nothing : topic(asked.reason === "required")}
      ${asked.questions.map(({ key, labels, required }) => field(`own-${key}`, words.pick(labels), required, "text", 500, `/answers/${key}`, opening.answers?.[key]))}
      <button type="submit" class="primary">${words.say("form.begin")}</button>
    </form>
  `;
};

const optional = (words) => html`<small>(${words.say("form.optional")})</small>`;

/** What was filled in: the visitor's own words, believed by nobody. */
const saidIn = (given, { reasons, questions }, topics) => {
  const said = (name) => given.get(name)?.trim() || undefined;
  const topic = said("topic");
  return {
    name: said("name"), email: said("email"), reason: reasons.length ? topic : undefined,
    subject: topics.find(([value]) => value === topic)?.[1],
    answers: Object.fromEntries(questions.map(({ key }) => [key, said(`own-${key}`)])),
  };
};
