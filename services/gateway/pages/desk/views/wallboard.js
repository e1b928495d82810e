/** The wallboard: who waits, what falls due, how today goes, who carries how much, and the last day hour by hour. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { label, span, time } from "../format.js";
import { bar, columns, ring } from "./charts.js";
import { countdown } from "./parts.js";

const NEXT = 8;

export const wallboard = (desk) => {
  const { board } = desk;
  if (!board.view) return html`<main class="board"><p class="empty">Counting…</p></main>`;
  const { totals } = board;
  return html`
    <main class="board" aria-label="Wallboard">
      <h1 class="hidden">Wallboard</h1>
      <div class="tiles">
        ${tile("Waiting", totals.waiting, totals.waiting ? "busy" : "")}
        ${tile("Longest wait", totals.oldest ? span(Date.now() - Date.parse(totals.oldest)) : "–")}
        ${tile("Due in 5 min", totals.due[0], totals.due[0] ? "near" : "")}
        ${tile("Due in 15 min", totals.due[1])}
        ${tile("Due in 1 h", totals.due[2])}
        ${tile("Broken today", totals.breached, totals.breached ? "late" : "")}
        ${totals.withBot ? tile("With the bot", totals.withBot) : nothing}
      </div>
      <div class="panels">
        ${attainment(totals.metrics)} ${load(desk)} ${lastDay(board.hours)} ${lines(desk)} ${urgent(desk)}
      </div>
      <p class="counted">Counted at ${time(board.view.at)}, the day began at ${time(board.view.day_began_at)} (${board.view.time_zone})</p>
    </main>`;
};

const tile = (name, value, tone = "") => html`<div class="tile ${tone}"><p>${name}</p><strong>${value}</strong></div>`;

const attainment = (metrics) => html`
  <section><h2>Promises kept today</h2>
    <div class="rings">${metrics.length
      ? metrics.map(({ kind, met, breached, share }) => html`<figure>${ring(share, `${label(kind)}: ${met} kept, ${breached} broken`)}<figcaption>${label(kind)}<small>${met} kept, ${breached} broken</small></figcaption></figure>`)
      : html`<p class="empty">Nothing has ended yet today.</p>`}</div>
  </section>`;

const load = (desk) => {
  const carried = [...desk.tickets.loadOfPeople()].sort((one, other) => other[1] - one[1]);
  const most = carried[0]?.[1] ?? 0;
  return html`
    <section><h2>Open tickets per person</h2>
      ${carried.length
        ? html`<ul class="load">${carried.map(([id, count]) => html`<li><span>${desk.people.name(id)}</span>${bar(count, most)}<b>${count}</b></li>`)}</ul>`
        : html`<p class="empty">Nobody holds a ticket.</p>`}
    </section>`;
};

const lastDay = (hours) => {
  if (!hours) return nothing;
  const total = hours.reduce((sum, { count }) => sum + count, 0);
  const slowest = Math.max(0, ...hours.map(({ median }) => median ?? 0));
  return html`
    <section><h2>First answers, last 24 hours</h2>
      ${columns(hours.map(({ count }) => count), `${total} first answers in the last 24 hours`)}
      <p class="axis"><span>${time(hours[0].at)}</span><span>${total} in all, slowest hour ${span(slowest * 1000)}</span><span>now</span></p>
    </section>`;
};

const lines = (desk) => html`
  <section class="broad"><h2>By team and channel</h2>
    <div class="scrolls" tabindex="0" role="group" aria-label="Figures by team and channel"><table>
      <thead><tr><th scope="col">Team</th><th scope="col">Channel</th><th scope="col">Waiting</th><th scope="col">Longest</th><th scope="col">Due 15 min</th><th scope="col">Broken</th></tr></thead>
      <tbody>${desk.board.view.lines.map((line) => html`<tr>
        <th scope="row">${desk.teams.find(({ id }) => id === line.team_id)?.name ?? line.team_id ?? "No team"}</th><td>${label(line.channel)}</td><td>${line.waiting}</td>
        <td>${line.oldest_waiting_since ? span(Date.now() - Date.parse(line.oldest_waiting_since)) : "–"}</td><td>${line.due_in_15_minutes}</td><td>${line.breached_today}</td></tr>`)}</tbody>
    </table></div>
  </section>`;

/** What falls due first; it can be taken from here, from the queue or from whoever has it. */
const urgent = (desk) => html`
  <section class="broad"><h2>Due first</h2>
    <ul class="urgent">${repeat(desk.tickets.rows("all").filter((row) => row.next_due_at).slice(0, NEXT), (row) => row.id, (row) => html`
      <li>${countdown(row.next_due_at)}<button type="button" class="link" @click=${() => desk.show(row.id)}><bdi>${row.subject}</bdi></button>
        <small>${row.assignee_id ? desk.people.name(row.assignee_id) : "Queue"}</small>
        ${row.assignee_id === desk.me.id ? nothing : taking(desk, row)}</li>`)}</ul>
  </section>`;

const taking = (desk, row) => {
  const text = row.assignee_id ? "Take over" : "Take it";
  return html`<button type="button" aria-label="${text}: ${row.number}" @click=${() => desk.take(row.id).then(() => desk.show(row.id))}>${text}</button>`;
};
