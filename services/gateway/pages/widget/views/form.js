/** What a visitor is asked before the first word: nobody vouches for him, and a topic finds the right person sooner. */

import { html } from "../../vendor/lit.js";

const TOPICS = ["account", "payments", "bonuses", "verification", "technical", "complaint", "other"];

export const form = ({ words }, actions) => {
  const submit = (event) => {
    event.preventDefault();
    const given = Object.fromEntries(new FormData(event.target));
    actions.introduce({ subject: words.say(`topic.${given.topic}`), introduction: introduction(given, words) });
  };
  return html`
    <form class="form" @submit=${submit}>
      <h3>${words.say("form.title")}</h3>
      <label>
        <span>${words.say("form.name")} <small>(${words.say("form.optional")})</small></span>
        <input name="name" maxlength="120" autocomplete="name" dir="auto" />
      </label>
      <label>
        <span>${words.say("form.email")} <small>(${words.say("form.optional")})</small></span>
        <input name="email" type="email" maxlength="254" autocomplete="email" />
      </label>
      <label>
        <span>${words.say("form.topic")}</span>
        <select name="topic" required>
          <option value="">${words.say("form.choose")}</option>
          ${TOPICS.map((topic) => html`<option value=${topic}>${words.say(`topic.${topic}`)}</option>`)}
        </select>
      </label>
      <button type="submit" class="primary">${words.say("form.begin")}</button>
    </form>
  `;
};

/** Name and address are the visitor's own words, believed by nobody, so they are said like words. */
const introduction = ({ name, email }, words) =>
  [name.trim() && words.say("form.introduced", { name: name.trim() }), email.trim() && words.say("form.reachable", { email: email.trim() })]
    .filter(Boolean)
    .join("\n");
