/** The middle: what was said and done, in order, and the box to say more. */

import { html, nothing, repeat } from "../../vendor/lit.js";
import { label, language, moment, size, time } from "../format.js";
import { choose } from "../keys.js";
import { change } from "./changes.js";
import { composer } from "./composer.js";
import { marks, words } from "./corrections.js";
import { outcome, withOutcomes } from "./outcomes.js";
import { avatar, icon, iconButton, problemBox, status } from "./parts.js";
import { unsent } from "./unsent.js";

/** So close to the end is at the end. */
const NEARLY = 16;

export const conversation = (desk) => {
  const { open } = desk;
  if (!open?.ticket) return html`<main class="conversation nothing">${open ? html`<p class="empty">Loading…</p>` : welcome()}</main>`;
  requestAnimationFrame(() => keepAtEnd(open));
  return html`
    <main class="conversation" aria-label="Conversation">
      ${head(desk, open)} ${conflict(open)}
      ${problemBox(open.problem, () => { open.problem = null; desk.changed(); })}
      <div class="timeline" tabindex="0" role="log" aria-label="Timeline" @scroll=${({ target }) => follow(open, target)}>
        ${repeat(withDays(withOutcomes(open)), (entry) => entry.id, (entry) => line(desk, open, entry))}
        ${unsent(desk, open)}
        ${open.typing?.until > Date.now() ? html`<p class="typing"><bdi>${open.typing.name}</bdi> is typing…</p>` : nothing}
      </div>
      ${others(open)} ${composer(desk, open)}
    </main>
  `;
};

const welcome = () => html`
  <div class="empty">
    <p><strong>Choose a ticket</strong></p>
    <p>Move with <kbd>j</kbd> and <kbd>k</kbd>, open with <kbd>Enter</kbd>. Everything else: <kbd>Ctrl K</kbd> or <kbd>?</kbd></p>
  </div>`;

const head = (desk, open) => {
  const { ticket } = open;
  const isMine = ticket.assignee_id === desk.me.id;
  return html`
    <header>
      ${iconButton("back", "Back to the list", () => desk.close(), "narrow-only")}
      <div class="title">
        <h1><bdi>${ticket.subject}</bdi></h1>
        <p>${ticket.number} · ${label(ticket.channel)}${ticket.language ? html` · <span class="language" title="The player's language">${language(ticket.language)}</span>` : nothing}
          ${status(ticket.status)} <span class="holder">${isMine ? "yours" : ticket.assignee_id ? `with ${desk.people.name(ticket.assignee_id)}` : "waiting for somebody"}</span></p>
      </div>
      ${isMine || ticket.merged_into ? nothing : html`<button type="button" class="primary" ?disabled=${open.isBusy} @click=${() => desk.take(open.id)}>${ticket.assignee_id ? "Take over" : "Take it"} <kbd>a</kbd></button>`}
      ${isMine ? html`<button type="button" ?disabled=${open.isBusy} @click=${() => choose(desk, "invite")}>Invite <kbd>i</kbd></button>` : nothing}
      ${iconButton("panel", "Ticket card", () => { desk.isCardOpen = !desk.isCardOpen; desk.changed(); }, "card-toggle")}
    </header>`;
};

const conflict = (open) => {
  if (!open.conflict) return nothing;
  const { changes, differences, by } = open.conflict;
  const forget = () => {
    open.conflict = null;
    open.desk.changed();
  };
  return html`
    <div class="conflict" role="alert">
      <p><strong>The ticket changed before your edit${by ? ` (${by})` : ""}.</strong></p>
      <ul>${differences.map(({ name, before, after }) => html`<li>${label(name)}: <s>${label(before)}</s> → <b>${label(after)}</b></li>`)}</ul>
      <p>You wanted: ${Object.entries(changes).map(([name, value]) => `${label(name)} ${label(value ?? "none")}`).join(", ")}.</p>
      <p class="buttons"><button type="button" class="primary" @click=${() => open.edit(changes)}>Do it all the same</button>
        <button type="button" @click=${forget}>Leave it</button></p>
    </div>`;
};

/** Who else is here: before both answer. */
const others = ({ viewers, drafting }) => {
  const typing = viewers.filter((viewer) => viewer.typing).map((viewer) => viewer.name);
  const looking = viewers.filter((viewer) => !viewer.typing).map((viewer) => viewer.name);
  const writing = drafting.map((draft) => draft.name).filter((name) => name && !typing.includes(name));
  if (![...typing, ...looking, ...writing].length) return nothing;
  return html`<p class="collision ${typing.length ? "typing-now" : ""}" role="status">
    ${typing.length ? html`<strong>${typing.join(", ")} is typing an answer.</strong> ` : nothing}
    ${looking.length ? `${looking.join(", ")} is looking at this ticket. ` : nothing}
    ${writing.length ? `${writing.join(", ")} has a draft here.` : nothing}</p>`;
};

/** Put the day before the first entry of each. */
const withDays = (entries) => {
  let last = "";
  return entries.flatMap((entry) => {
    const day = new Date(entry.occurred_at).toLocaleDateString("en-GB", { weekday: "long", day: "numeric", month: "long" });
    const [isNew, mark] = [day !== last, { id: day, day }];
    last = day;
    return isNew ? [mark, entry] : [entry];
  });
};

const line = (desk, open, entry) => {
  if (entry.day) return html`<h2 class="day">${entry.day}</h2>`;
  if (entry.kind === "outcome") return outcome(desk, open, entry);
  if (entry.kind === "change") return change(desk, open, entry);
  const name = desk.names.author(entry.author, open.ticket);
  const read = entry.kind === "reply" && entry === open.entries.findLast((one) => one.kind === "reply") && open.readTo >= open.head && open.head;
  return html`
    <article class="said ${entry.kind}">
      ${avatar(name, entry.author.id)}
      <div>
        <p class="by"><bdi>${name}</bdi> ${entry.kind === "note" ? html`<span class="tag-note">Note, staff only</span>` : nothing}
          ${entry.automatic ? html`<span>automatic</span>` : nothing} <time datetime=${entry.occurred_at} title=${moment(entry.occurred_at)}>${time(entry.occurred_at)}</time>
          ${read ? html`<span>· read</span>` : nothing} ${marks(desk, open, entry)}</p>
        ${words(open, entry)}
        ${open.choices.has(entry.id) && !entry.withdrawn_at ? choices(open.choices.get(entry.id)) : nothing}
        ${repeat(entry.attachments ?? [], (id) => id, (id) => file(open, id))}
      </div>
    </article>`;
};

/** What a live player could choose from instead of writing. */
const choices = (offered) => html`<ul class="choices" aria-label="Buttons the player got">${offered.map(({ label: text }) => html`<li><bdi>${text}</bdi></li>`)}</ul>`;

const file = (open, id) => {
  const { name = "File", size: bytes, state, detail } = open.files.get(id) ?? {};
  const words = html`${icon("file")} <bdi>${name}</bdi> <small>${bytes ? size(bytes) : nothing} ${state === "missing" ? "not available here" : state && state !== "ready" ? label(state) : nothing}${state === "rejected" && detail ? html`: <bdi>${detail}</bdi>` : nothing}</small>`;
  return state === "ready" ? html`<button type="button" class="file" @click=${() => open.openFile(id)}>${words}</button>` : html`<span class="file">${words}</span>`;
};

const below = ({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight;

/** Who scrolls up reads on there; what grows under the end while one is there takes nobody away from it. */
const follow = (open, box) => {
  if (below(box) < NEARLY) open.isAtEnd = true;
  else if (box.scrollTop < open.top) open.isAtEnd = false;
  open.top = box.scrollTop;
};

/** Stay at the end while somebody reads the end, also when something else takes room; what is new may be a little further down. */
const keepAtEnd = (open) => {
  const box = document.querySelector(".timeline");
  if (!box || !open.entries.length) return;
  const last = open.desk.unsent.of(open.id).at(-1)?.key ?? open.entries.at(-1).id;
  const isNew = open.shownLast !== last;
  if (open.isAtEnd || (isNew && (!open.shownLast || below(box) < 240))) {
    box.scrollTop = box.scrollHeight;
    open.top = box.scrollTop;
  }
  open.shownLast = last;
};
