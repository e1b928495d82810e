/**
 * The life of the connection as a pure machine: what happens next depends on the link, an event and the time, nothing else.
 * `connection.js` feeds it and does what it asks for.
 *
 * @typedef {"off" | "asking" | "opening" | "greeting" | "live" | "waiting" | "stopped"} Phase
 * @typedef {object} Link
 * @property {Phase} phase
 * @property {number} attempt failures in a row; forgotten after a minute of health
 * @property {number} due when `tick` wants to be called, in milliseconds; Infinity: never
 * @property {number} heardAt when the server last said something
 * @property {number} liveSince
 * @property {number} pingEvery milliseconds between the server's pings
 * @property {string | null} reason why it waits or stopped: "network", "rate", "unreadable", "replaced", "forbidden", "identity", "form-incomplete", ...
 * @property {object | null} session the answer that opened the conversation
 *
 * @typedef {{t: "ask"} | {t: "connect", url: string} | {t: "send", frame: object} | {t: "drop"} | {t: "deliver", frame: object}} Effect
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 30_000;
const HEALTHY_AFTER = 60_000;
const GREETED_WITHIN = 15_000;
const SILENCE_AFTER_PING = 12_000;
const RATE_WAIT = 5_000;
export const CLOSE = { expired: 4401, forbidden: 4403, replaced: 4409, rate: 4429 };
/** What was sent is no frame, or too big. */
const UNREADABLE = new Set([4400, 1009]);
const AT_WORK = new Set(["asking", "opening", "greeting", "live"]);

/** @returns {Link} */
export const initial = () => ({
  phase: "off", attempt: 0, due: Infinity, heardAt: 0, liveSince: 0, pingEvery: 25_000, reason: null, session: null,
});

/**
 * Return the link after `event`, and what to do now.
 *
 * @param {Link} link
 * @param {{t: string, [member: string]: any}} event
 * @param {{now: number, random: () => number, cursors: () => Record<string, number>}} world
 * @returns {[Link, Effect[]]}
 */
export const advance = (link, event, world) => (HANDLERS[event.t] ?? unchanged)(link, event, world);

const unchanged = (link) => [link, []];

const ask = (link, { now }) => [{ ...link, phase: "asking", due: now + GREETED_WITHIN * 2 }, [{ t: "ask" }]];

/** Wait before the next attempt: half a second, doubled each time, up to 30 s, with full jitter so that crowds spread. */
const wait = (link, { now, random }, reason, { least = 0, at = null } = {}) => {
  const healthy = link.phase === "live" && now - link.liveSince >= HEALTHY_AFTER;
  const attempt = healthy ? 0 : link.attempt;
  const ceiling = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** attempt);
  const due = at ?? now + Math.max(least, random() * ceiling);
  return { ...link, phase: "waiting", attempt: Math.min(attempt + 1, 16), due, reason };
};

const stop = (link, reason) => ({ ...link, phase: "stopped", due: Infinity, reason });

const HANDLERS = {
  /** Somebody wants to talk, here and now. */
  start: (link, _event, world) => (AT_WORK.has(link.phase) ? [link, []] : ask({ ...link, attempt: 0, reason: null }, world)),

  /** Nobody does any more. */
  stop: (link) => [{ ...initial(), pingEvery: link.pingEvery }, [{ t: "drop" }]],

  session: (link, { session }, { now }) =>
    link.phase === "asking"
      ? [{ ...link, phase: "opening", session, due: now + GREETED_WITHIN }, [{ t: "connect", url: session.socket_url }]]
      : [link, []],

  refused: (link, { status, code, retryAfter }, world) => {
    if (link.phase !== "asking") return [link, []];
    if (code === "ended" || code === "form-incomplete") return [stop(link, code), []];
    if (status === 403) return [stop(link, "forbidden"), []];
    if (code === "site-not-listed" || status === 404 || status === 422) return [stop(link, "misconfigured"), []];
    const reason = status === 429 ? "rate" : status === 401 || code === "identity" ? "identity" : "network";
    return [wait(link, world, reason, { least: (retryAfter ?? 0) * 1000 }), []];
  },

  /** This page may not talk at all. */
  barred: (link) => [stop(link, "misconfigured"), [{ t: "drop" }]],

  opened: (link, _event, { now, cursors }) =>
    link.phase === "opening"
      ? [
          { ...link, phase: "greeting", heardAt: now },
          [{ t: "send", frame: { t: "hello", ticket: link.session.socket_ticket, cursors: cursors() } }],
        ]
      : [link, []],

  frame: (link, { frame }, world) => {
    const heard = { ...link, heardAt: world.now, due: world.now + link.pingEvery + SILENCE_AFTER_PING };
    if (frame.t === "welcome") return welcomed(heard, frame, world);
    if (frame.t === "ping") return [heard, [{ t: "send", frame: { t: "pong" } }, { t: "deliver", frame }]];
    if (frame.t === "reconnect") {
      const at = world.now + (frame.after_ms ?? 0);
      return [wait(heard, world, "network", { at }), [{ t: "drop" }]];
    }
    return [heard, [{ t: "deliver", frame }]];
  },

  closed: (link, { code }, world) => {
    if (!AT_WORK.has(link.phase)) return [link, []];
    if (code === CLOSE.replaced) return [stop(link, "replaced"), []];
    if (code === CLOSE.forbidden) return [stop(link, "forbidden"), []];
    if (code === CLOSE.rate) return [wait(link, world, "rate", { least: RATE_WAIT }), []];
    if (code === CLOSE.expired && link.phase === "live") return ask(link, world);
    return [wait(link, world, UNREADABLE.has(code) ? "unreadable" : "network"), []];
  },

  /** The network is back, or the page was woken: what waits tries at once, what has been silent is not trusted. */
  awake: (link, _event, world) => {
    if (link.phase === "waiting" && link.reason !== "rate") return ask(link, world);
    const silent = world.now - link.heardAt > link.pingEvery + SILENCE_AFTER_PING;
    if (link.phase !== "live" || !silent) return [link, []];
    const [asking, effects] = ask(link, world);
    return [asking, [{ t: "drop" }, ...effects]];
  },

  /** The browser says there is no network: a socket over it would only look alive. */
  offline: (link, _event, world) =>
    AT_WORK.has(link.phase) ? [wait(link, world, "network"), [{ t: "drop" }]] : [link, []],

  tick: (link, _event, world) => {
    if (world.now < link.due) return [link, []];
    if (link.phase === "waiting") return ask(link, world);
    if (AT_WORK.has(link.phase)) return [wait(link, world, "network"), [{ t: "drop" }]];
    return [link, []];
  },
};

const welcomed = (link, frame, { now }) => {
  const pingEvery = (frame.ping_every ?? 25) * 1000;
  const live = { ...link, phase: "live", liveSince: now, pingEvery, reason: null, due: now + pingEvery + SILENCE_AFTER_PING };
  return [live, [{ t: "deliver", frame }]];
};
