/** How times, names and values are said. */

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const whole = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

export const time = (at) => clock.format(new Date(at));
export const moment = (at) => whole.format(new Date(at));

/** Today's times as times, others with their day. */
export const when = (at, now = Date.now()) => {
  const date = new Date(at);
  return date.toDateString() === new Date(now).toDateString() ? clock.format(date) : `${day.format(date)}, ${clock.format(date)}`;
};

/** A span in the two units that matter: 4:07, 2 h 05, 3 d 4 h. */
export const span = (milliseconds) => {
  const seconds = Math.floor(Math.abs(milliseconds) / 1000);
  const two = (value) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${two(seconds % 60)}`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))}`;
  return `${Math.floor(seconds / 86_400)} d ${Math.floor((seconds % 86_400) / 3600)} h`;
};

/** How a due time stands: its words and its colour. */
export const due = (at, now) => {
  if (!at) return { text: "", tone: "none" };
  const left = Date.parse(at) - now;
  if (left <= 0) return { text: `late ${span(left)}`, tone: "late" };
  return { text: span(left), tone: left < 120_000 ? "soon" : left < 900_000 ? "near" : "calm" };
};

const NAMES = {
  web: "Chat", email: "E-mail", phone: "Phone", telegram: "Telegram", whatsapp: "WhatsApp", viber: "Viber", social: "Social", form: "Form",
  first_response: "First response", next_response: "Next response", resolution: "Resolution", senior_accepts: "Senior accepts",
  back_office: "Back office", periodic_update: "Regular news", complaint_acknowledged: "Complaint acknowledged",
  complaint_final: "Complaint answered", kyc: "KYC", bot: "With the bot",
};

/** A value of the API as people say it. */
export const label = (value) => NAMES[value] ?? sentence(String(value ?? "").replaceAll("_", " "));

const PROMISE = /^sla\.(\w+)\.(breached|withdrawn)$/;

/** Why something happened: what the clocks of sla say in words, and what people wrote as they wrote it. */
export const because = (cause) => {
  const [, promise, end] = PROMISE.exec(cause ?? "") ?? [];
  return promise ? `${label(promise)} ${end === "breached" ? "is late" : "is no longer owed"}` : (cause ?? "");
};

const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

export const language = (tag) => {
  if (!tag) return "";
  try {
    return new Intl.DisplayNames(["en"], { type: "language" }).of(tag);
  } catch {
    return tag;
  }
};

/** As the widget says it: steps of a thousand. */
export const size = (bytes) => {
  const [value, unit] = bytes >= 1e6 ? [bytes / 1e6, "MB"] : bytes >= 1000 ? [bytes / 1000, "kB"] : [bytes, "bytes"];
  return `${value.toLocaleString("en-GB", { maximumFractionDigits: 1 })} ${unit}`;
};

/** A stable number from 0 to 5, so that a person keeps his colour. */
export const hue = (id) => [...String(id ?? "")].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6, 0);
