/** What was said, and what is on its way. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { corrected, grouped, isMine } from "../transcript.js";
import { attachments } from "./composer.js";
import { clock, down, tick, ticks } from "./icons.js";
import { absence } from "./notices.js";
import { linked } from "./text.js";

export const log = (view, actions) => {
  const { words, conversation, ui } = view;
  const rows = conversation ? rowsOf(conversation) : [];
  const isLoading = Boolean(conversation && conversation.transcript.head > conversation.transcript.upto && !conversation.transcript.upto);
  return html`
    <div class="scroll">
      <div
        class="log" role="log" aria-label=${words.say("log")} aria-live="polite" aria-relevant="additions"
        aria-busy=${isLoading} tabindex="0" @scroll=${actions.scroll}
      >
        ${rows.length === 0 && conversation?.link.reason !== "misconfigured" ? greeting(view, actions, isLoading) : nothing}
        ${repeat(rows, (row) => row.key, (row) => message(row, view, actions))}
        ${quickReplies(rows, view, actions)}
        ${conversation?.typing ? typing(words, conversation) : nothing}
      </div>
      ${ui.atEnd
        ? nothing
        : html`<button type="button" class="latest" aria-label=${words.say("latest")} title=${words.say("latest")}
            @click=${actions.toEnd}>${down()}</button>`}
    </div>
  `;
};

/** Messages in their order, as the person last corrected them, then what the server does not have yet. */
const rowsOf = (conversation) => {
  const items = conversation.outbox.items().filter((item) => !conversation.transcript.has(item.client_msg_id));
  const wished = new Map(items.filter((item) => item.corrects).map((item) => [item.corrects, item]));
  const written = conversation.transcript.messages().map((message) => {
    const item = wished.get(message.id);
    return item ? { ...corrected(message, item), item } : message;
  });
  const waiting = items
    .filter((item) => !item.corrects)
    .map((item) => ({ ...item, author: { kind: "player", id: null, name: null }, sent_at: item.at, item }));
  const all = [...among(written, conversation.arrivals), ...waiting];
  const groups = grouped(all);
  const lastMine = written.findLast(isMine);
  return all.map((row, index) => ({
    ...row, ...groups[index], key: row.client_msg_id ?? row.id, isMine: isMine(row), isNewestMine: row === lastMine,
  }));
};

/** Put each line about people behind the words that were said before it. */
const among = (written, arrivals) =>
  arrivals.length ? [...written, ...arrivals].sort((one, other) => new Date(one.sent_at) - new Date(other.sent_at)) : written;

const greeting = (view, actions, isLoading) =>
  isLoading
    ? html`<p class="greeting">${view.words.say("loading")}</p>`
    : html`<div class="greeting"><strong>${view.words.say("greeting")}</strong>${view.conversation?.reach.absence ? absence(view, actions) : html`<p>${view.words.say("greeting.detail")}</p>`}</div>`;

const message = (row, view, actions) => html`
  ${row.day ? html`<div class="day"><span>${view.words.day(row.day)}</span></div>` : nothing}
  ${row.people ? html`<div class="day people"><span>${view.words.say(`people.${row.people}`, { name: row.author.name })}</span></div>` : said(row, view, actions)}
`;

const said = (row, view, actions) => html`
  <div class="message ${row.isMine ? "mine" : "theirs"} ${row.first ? "first" : ""} ${row.last ? "last" : ""}">
    <span class=${row.first && !row.isMine ? "name" : "hidden"}>${nameOf(row, view.words)}</span>
    ${row.withdrawn_at ? html`<div class="bubble gone">${view.words.say("withdrawn")}</div>` : nothing}
    ${row.text ? html`<div class="bubble" dir="auto">${linked(row.text)}</div>` : nothing}
    ${row.attachments?.length ? attachments(row.attachments, view, actions) : nothing}
    ${mark(row, view, actions)}
  </div>
`;

const nameOf = (row, words) => {
  if (row.isMine) return words.say("you");
  return row.author.name ?? words.say(row.author.kind === "bot" ? "bot" : "support");
};

const mark = (row, { words, conversation, isOffline }, actions) => {
  if (row.item?.problem) return held(row.item, words, actions);
  if (row.item) return note(clock(), words.say(isOffline || conversation.link.phase !== "live" ? "mark.waiting" : "mark.sending"));
  const late = conversation.corrections.refused.has(row.id);
  const edited = row.edited_at ? html`${words.say("edited")} · ` : nothing;
  const menu = conversation.corrections.allow(row) ? more(row, words, actions) : nothing;
  if (!row.last && !late && edited === nothing && menu === nothing) return nothing;
  if (late) return html`<div class="mark held">${words.say("edit.late")}</div>`;
  const time = html`${edited}<time datetime=${row.sent_at}>${words.time(row.sent_at)}</time>`;
  if (!row.isNewestMine) return html`<div class="mark">${time} ${menu}</div>`;
  const { delivered, read } = conversation.staff;
  const state = row.seq <= read ? "read" : row.seq <= delivered ? "delivered" : "sent";
  const seen = html`<span class="state ${state}">${state === "sent" ? tick() : ticks()}</span>`;
  return html`<div class="mark">${time} · ${words.say(`mark.${state}`)} ${seen} ${menu}</div>`;
};

/** What one can still do with one's own words. */
const more = (row, words, actions) => {
  const act = (name) => ({ target }) => {
    target.closest("details").open = false;
    actions[name](row);
  };
  return html`<details class="more">
    <summary aria-label=${words.say("more")} title=${words.say("more")}>⋯</summary>
    ${row.text ? html`<button type="button" class="link" @click=${act("edit")}>${words.say("edit")}</button>` : nothing}
    <button type="button" class="link" @click=${act("withdraw")}>${words.say("withdraw")}</button>
  </details>`;
};

const note = (icon, text) => html`<div class="mark"><span class="state">${icon}</span> ${text}</div>`;

const held = (item, words, actions) => html`
  <div class="mark held">
    ${words.say(words.has(`held.${item.problem.code}`) ? `held.${item.problem.code}` : "held")}
    <button type="button" class="link" @click=${() => actions.again(item)}>${words.say("held.again")}</button>
    <button type="button" class="link" @click=${() => actions.drop(item)}>${words.say("held.drop")}</button>
  </div>
`;

/** Answers to choose from stand under the newest message only, and go when something was said. */
const quickReplies = (rows, { conversation }, actions) => {
  const newest = rows.findLast((row) => !row.people);
  if (!newest?.quick_replies?.length || newest.isMine || conversation.ended) return nothing;
  return html`<div class="choices">
    ${newest.quick_replies.map(({ label, value }) => html`<button type="button" class="choice" @click=${() => actions.say(value, newest.id)}>${label}</button>`)}
  </div>`;
};

const typing = (words, conversation) => html`
  <div class="message theirs first last typing">
    <div class="bubble">
      <span class="hidden">${words.say("typing", { name: conversation.typing.name ?? words.say("support") })}</span>
      <i></i><i></i><i></i>
    </div>
  </div>
`;
