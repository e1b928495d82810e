/** Does what `protocol.js` decides: real sockets, real timers, the browser's word about the network. */

import { advance, initial } from "./protocol.js";

export class Connection {
  #link = initial();
  #socket = null;
  #timer = 0;
  #abandon = new AbortController();

  /**
   * @param {object} ports
   * @param {() => Promise<object>} ports.ask opens or finds the conversation; rejects with a `Problem`
   * @param {() => Record<string, number>} ports.cursors
   * @param {(frame: object) => void} ports.deliver
   * @param {(link: import("./protocol.js").Link) => void} ports.changed
   */
  constructor(ports) {
    this.ports = ports;
    const { signal } = this.#abandon;
    addEventListener("online", () => this.happen({ t: "awake" }), { signal });
    addEventListener("offline", () => this.happen({ t: "offline" }), { signal });
    addEventListener("pageshow", () => this.happen({ t: "awake" }), { signal });
    document.addEventListener("visibilitychange", () => document.hidden || this.happen({ t: "awake" }), { signal });
  }

  get link() {
    return this.#link;
  }

  /** Connect, unless that is being done. */
  start() {
    this.happen({ t: "start" });
  }

  /** Disconnect and stay so until `start`. */
  stop() {
    this.happen({ t: "stop" });
  }

  /** Stop for ever. */
  dispose() {
    this.stop();
    this.#abandon.abort();
  }

  /**
   * Send a frame if somebody listens; what must arrive is repeated by the outbox.
   *
   * @param {object} frame
   * @returns {boolean}
   */
  send(frame) {
    if (this.#link.phase !== "live" || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(frame));
    return true;
  }

  happen(event) {
    const world = { now: Date.now(), random: Math.random, cursors: this.ports.cursors };
    const before = this.#link;
    const [link, effects] = advance(before, event, world);
    this.#link = link;
    this.#arm();
    if (link.phase !== before.phase || link.reason !== before.reason) this.ports.changed(link);
    for (const effect of effects) this.#do(effect);
  }

  #do(effect) {
    if (effect.t === "ask") this.#ask();
    else if (effect.t === "connect") this.#connect(effect.url);
    else if (effect.t === "drop") this.#drop();
    else if (effect.t === "send") this.#socket?.send(JSON.stringify(effect.frame));
    else this.ports.deliver(effect.frame);
  }

  async #ask() {
    try {
      this.happen({ t: "session", session: await this.ports.ask() });
    } catch (problem) {
      this.happen({ t: "refused", status: problem.status ?? 0, code: problem.code, retryAfter: problem.retryAfter });
    }
  }

  #connect(url) {
    this.#drop();
    const socket = new WebSocket(url);
    this.#socket = socket;
    const mine = (handler) => (event) => socket === this.#socket && handler(event);
    socket.onopen = mine(() => this.happen({ t: "opened" }));
    socket.onmessage = mine(({ data }) => this.happen({ t: "frame", frame: JSON.parse(data) }));
    socket.onclose = mine(({ code }) => {
      this.#socket = null;
      this.happen({ t: "closed", code });
    });
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #arm() {
    clearTimeout(this.#timer);
    if (this.#link.due === Infinity) return;
    this.#timer = setTimeout(() => this.happen({ t: "tick" }), Math.max(0, this.#link.due - Date.now()));
  }
}
