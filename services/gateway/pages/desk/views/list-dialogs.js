/** Dialogs of lists: what is done to many tickets, how it went, and saved views. */

import { html, nothing } from "../../vendor/lit.js";
import { label } from "../format.js";
import { chooses, colleagues, form, options as people } from "./forms.js";

const STATUSES = ["new", "bot", "open", "pending", "waiting", "snoozed", "resolved", "closed"];
const PRIORITIES = ["urgent", "high", "normal", "low"];
const CHANNELS = ["web", "email", "phone", "telegram", "whatsapp", "viber", "social", "form"];
const SORTS = [["due", "Due first"], ["waiting", "Longest waiting first"], ["updated", "Changed last"], ["created", "Newest"]];

const many = (desk) => `${desk.selection.size} ticket${desk.selection.size === 1 ? "" : "s"}`;

const outcome = (desk) => {
  const { outcome: results } = desk.selection;
  const refused = results.filter(({ status }) => status === "refused");
  return html`
    <p><strong>${results.length - refused.length} done${refused.length ? `, ${refused.length} refused` : ""}.</strong> ${refused.length ? "What was refused is still selected." : nothing}</p>
    <ul class="outcome" tabindex="0" aria-label="Results">${[...refused, ...results.filter(({ status }) => status === "done")].map(({ number, status, problem }) => html`
      <li class=${status}><b>${number}</b> <span>${problem ? problem.detail || problem.title : "done"}</span></li>`)}</ul>`;
};

const assignMany = (desk) => html`
  <label>To <select name="to" autofocus @change=${chooses(desk)}><option value="me">Me</option>
    ${people(desk, [desk.me.id])}
    <option value="">Back to the queue</option></select></label>`;

const boxes = (name, values, chosen) => html`
  <fieldset><legend>${label(name)}</legend>${values.map((value) => html`
    <label class="check"><input type="checkbox" name=${name} value=${value} .checked=${chosen.includes(value)} /> ${label(value)}</label>`)}</fieldset>`;

const options = (values, chosen) => values.map(([value, text]) => html`<option value=${value} ?selected=${value === chosen}>${text}</option>`);

/** The parts of a view that people choose here; what else it is narrowed to stays as it is. */
const viewFields = (desk) => {
  const { view } = desk.dialog;
  const filters = view?.filters ?? {};
  const holders = [["", "Anybody"], ["me", "Whoever looks"], ["none", "Nobody"], ...desk.people.all().map(({ id }) => [id, desk.people.name(id)])];
  return html`
    <label>Name <input name="name" required maxlength="80" autofocus autocomplete="off" .value=${view?.name ?? ""} /></label>
    <label>Held by <select name="assignee">${options(holders, filters.assignee ?? "")}</select></label>
    ${boxes("status", STATUSES, filters.status ?? [])} ${boxes("priority", PRIORITIES, filters.priority ?? [])}
    <label>Channel <select name="channel">${options([["", "Any"], ...CHANNELS.map((one) => [one, label(one)])], filters.channel ?? "")}</select></label>
    <label>Tags <input name="tags" maxlength="200" autocomplete="off" placeholder="vip, payout" .value=${(filters.tag ?? []).join(", ")} /></label>
    <label>Order <select name="sort">${options(SORTS, view?.sort ?? "created")}</select></label>
    ${view || !desk.isLead ? nothing : html`<label class="check"><input type="checkbox" name="shared" /> For everybody</label>`}`;
};

const wanted = (data, { view }) => {
  const tag = data.get("tags").split(",").map((one) => one.trim()).filter(Boolean);
  const { assignee: _a, channel: _c, status: _s, priority: _p, tag: _t, ...rest } = view?.filters ?? {};
  const chosen = { status: data.getAll("status"), priority: data.getAll("priority"), tag, assignee: data.get("assignee"), channel: data.get("channel") };
  const kept = Object.entries({ ...rest, ...chosen }).filter(([, value]) => value !== "" && value !== null && !(Array.isArray(value) && !value.length));
  return { name: data.get("name").trim(), filters: Object.fromEntries(kept), sort: data.get("sort") };
};

const saveView = (_open, _values, desk, { data, dialog }) => desk.saveView(dialog.view, { ...wanted(data, dialog), ...(data.get("shared") && { shared: true }) });

export const LIST_DIALOGS = {
  "bulk-status": {
    free: true, title: "Set the status of many",
    body: form("Set", (desk) => html`<label>Status of ${many(desk)} <select name="status" autofocus>${["open", "pending", "resolved", "closed"].map((one) => html`<option value=${one}>${label(one)}</option>`)}</select></label>`,
      (_open, { status }, desk) => desk.selection.change({ status })),
  },
  "bulk-assign": { free: true, title: "Assign many", body: form("Assign", assignMany, (_open, { to }, desk) => desk.selection.change({ assignee_id: to || null })) },
  "bulk-tag": {
    free: true, title: "Tag many",
    body: form("Tag", (desk) => html`<label>Tag for ${many(desk)} <input name="tag" required maxlength="50" autofocus autocomplete="off" /></label>`,
      (_open, { tag }, desk) => desk.selection.change({ tags_add: [tag.trim()] })),
  },
  outcome: { free: true, title: "How it went", body: outcome },
  view: { free: true, title: "Saved view", body: form("Save", viewFields, saveView) },
  "view-drop": {
    free: true, title: "Delete the view",
    body: form("Delete", (desk) => html`<p>Delete <strong>${desk.dialog.view.name}</strong>${desk.dialog.view.shared ? ", for everybody" : ""}? Its tickets stay.</p>`, (_open, _values, desk, { dialog }) => desk.dropView(dialog.view)),
  },
};
