/**
 * <pitboss-chat brand="lucky">: the chat of a casino page. Attributes: `brand`; `token-url`, where the casino's own server
 * answers who is signed in; `locale` and `words-url`; `theme` (light, dark, else as the system has it); `heading`; `prechat`
 * ("off" asks visitors only what the brand insists on); `files` ("off" takes none). Properties: `tokenSource`, a function
 * instead of `token-url`; `origin`. Methods: `open()`, `close()`, `identify()` after somebody signed in or out. Colours and
 * measures are CSS variables, see widget.css.
 */

import { render } from "../vendor/lit.js";
import { Api } from "./api.js";
import { bringAlong } from "./claim.js";
import { Conversation } from "./conversation.js";
import { Editing } from "./corrections.js";
import { keepInside, wantsWholeScreen } from "./focus.js";
import { Identity } from "./identity.js";
import { Outbox } from "./outbox.js";
import { openStorage } from "./storage.js";
import { chat, loadStyles } from "./views/chat.js";
import { loadWords } from "./words.js";

const here = new URL(import.meta.url);

export class PitbossChat extends HTMLElement {
  static observedAttributes = ["theme", "heading"];

  /** A function that returns the player's token, or null for a visitor. @type {(() => Promise<string | null>) | null} */
  tokenSource = null;
  /** Where Pitboss answers: where this file comes from. */
  origin = here.origin;
  /** @type {Conversation | null} */
  conversation = null;
  #words = null;
  #identity = null;
  #ui = { open: false, draft: "", confirming: false, atEnd: true, problem: null };
  #editing = new Editing(this.#ui, (draft) => this.#write(draft));
  #renderAsked = false;
  #abandon = null;
  /** One question after the other: who is here may change while it is asked. */
  #identified = Promise.resolve();

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
  }

  async connectedCallback() {
    this.#abandon = new AbortController();
    const { signal } = this.#abandon;
    document.addEventListener("visibilitychange", () => this.#wake(), { signal });
    for (const name of ["online", "offline"]) addEventListener(name, () => this.#wake(), { signal });
    this.local = openStorage("localStorage", this.brand);
    this.session = openStorage("sessionStorage", this.brand);
    Object.assign(this.#ui, this.session.get("ui") ?? {});
    const [styles, words] = await Promise.all([
      loadStyles(),
      loadWords({ locale: this.getAttribute("locale"), wordsUrl: this.getAttribute("words-url") }),
    ]);
    this.shadowRoot.adoptedStyleSheets = [styles];
    this.#words = words;
    this.#ask();
    await this.identify();
  }

  /** Somebody looks again, or the network came or went: what failed before may work now. */
  #wake() {
    if (this.#words && !this.conversation && !document.hidden && navigator.onLine) this.identify();
    this.#ask();
  }

  disconnectedCallback() {
    this.#abandon?.abort();
    this.conversation?.dispose();
    this.conversation = null;
  }

  attributeChangedCallback() {
    this.#ask();
  }

  get brand() {
    return this.getAttribute("brand") ?? "";
  }

  /** Find out who is here, and go on with that person's conversation; another person's is left. */
  identify() {
    this.#identified = this.#identified.then(() => this.#meet());
    return this.#identified;
  }

  async #meet() {
    const { origin, brand, tokenSource, local } = this;
    const identity = new Identity({ origin, brand, tokenSource, tokenUrl: this.getAttribute("token-url"), storage: local });
    try {
      await identity.establish();
    } catch (problem) {
      this.#ui.problem = problem;
      this.#ask();
      return;
    }
    this.#ui.problem = null;
    if (this.conversation?.who === identity.who) return;
    this.#editing.leave();
    this.conversation?.dispose();
    this.conversation = null;
    this.#identity = identity;
    const { who } = identity;
    const api = new Api(origin, identity);
    await bringAlong(identity, api);
    if (!this.isConnected) return;
    this.conversation = new Conversation({ api, outbox: new Outbox(local, who), local, who, language: this.#words.locale });
    this.conversation.addEventListener("change", () => this.#ask());
    await this.conversation.resume();
    if (this.#ui.open) this.#enter();
    this.#ask();
  }

  /** Show the chat. */
  async open() {
    this.#change({ open: true });
    if (!this.conversation) await this.identify();
    this.#enter();
    this.#focusInside();
  }

  /** Hide the chat; it stays connected. */
  close() {
    this.#change({ open: false, confirming: false });
    this.#render();
    this.shadowRoot.querySelector(".launcher")?.focus();
  }

  /** True if the visitor has yet to say what it is about, or what the brand insists on. */
  get #asksFirst() {
    const { hasBegun, link } = this.conversation ?? {};
    return link && this.#identity.isVisitor && (hasBegun ? link.reason === "form-incomplete" : this.getAttribute("prechat") !== "off");
  }

  /** A player who opens the chat is connected at once: he may have a conversation on another device. */
  #enter() {
    if (!this.conversation?.transcript.head) this.conversation?.reach.learn();
    if (this.conversation && !this.#asksFirst) this.conversation.begin();
  }

  #change(values) {
    Object.assign(this.#ui, values);
    this.session.set("ui", { open: this.#ui.open, draft: this.#editing.draft });
    this.#ask();
  }

  #ask() {
    if (this.#renderAsked) return;
    this.#renderAsked = true;
    queueMicrotask(() => this.#render());
  }

  #render() {
    this.#renderAsked = false;
    if (!this.#words || !this.isConnected) return;
    const { conversation } = this;
    const view = {
      words: this.#words, ui: this.#ui, conversation, editing: this.#editing.message, asksFirst: this.#asksFirst,
      isOffline: !navigator.onLine, theme: this.getAttribute("theme") ?? "auto",
      heading: this.getAttribute("heading") ?? this.#words.say("heading"),
      isModal: this.#ui.open && wantsWholeScreen(), takesFiles: this.getAttribute("files") !== "off",
    };
    const held = this.shadowRoot.activeElement;
    render(chat(view, this.#actions), this.shadowRoot);
    if (view.asksFirst && held && !held.isConnected) this.#focusInside();
    const log = this.shadowRoot.querySelector(".log");
    if (log && this.#ui.atEnd) log.scrollTop = log.scrollHeight;
    if (this.#ui.open && this.#ui.atEnd && !document.hidden) this.conversation?.see();
  }

  #focusInside() {
    this.#render();
    this.shadowRoot.querySelector(".composer textarea, .form input, .form select, .ended button")?.focus();
  }

  #write(draft) {
    this.#change({ draft });
    this.#focusInside();
  }

  async #attempt(work) {
    try {
      await work();
      this.#change({ problem: null });
    } catch (problem) {
      this.#change({ problem });
    }
  }

  #actions = {
    toggle: () => (this.#ui.open ? this.close() : this.open()),
    close: () => this.close(),
    key: (event) => {
      if (event.key === "Escape") this.#ui.confirming ? this.#change({ confirming: false }) : this.#editing.leave() || this.close();
      else if (event.key === "Tab" && wantsWholeScreen()) keepInside(event, this.shadowRoot.querySelector(".panel"));
    },
    scroll: ({ target }) => {
      const atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
      if (atEnd !== this.#ui.atEnd) this.#change({ atEnd });
    },
    toEnd: () => this.#change({ atEnd: true }),
    draft: (text) => {
      this.#change({ draft: text });
      if (text) this.conversation?.type();
    },
    edit: (message) => this.#editing.begin(message),
    keepAsIs: () => this.#editing.leave(),
    withdraw: ({ id }) => this.conversation.corrections.wish(id, null),
    say: (text, inReplyTo) => {
      if (this.#editing.finish(this.conversation, text)) return;
      const { files } = this.conversation;
      if (files.isSending || (!text.trim() && !files.uploads.some((upload) => upload.state === "sent"))) return;
      this.#change({ draft: "", atEnd: true });
      this.conversation.say(text, inReplyTo);
    },
    reach: (how, email) => this.#attempt(() => this.conversation.reach[how](email)),
    introduce: (said) => {
      this.conversation.begin(said);
      this.#render();
      this.#focusInside();
    },
    addFiles: (files) => [...files].forEach((file) => this.conversation.files.add(file, this.conversation.transcript.ticketId)),
    dropFile: (upload) => this.conversation.files.remove(upload),
    openFile: (id) => this.#attempt(() => this.conversation.files.open(id)),
    again: (item) => {
      this.conversation.outbox.release(item.client_msg_id);
      this.conversation.begin();
      this.conversation.delivery.pump();
    },
    drop: (item) => {
      this.conversation.outbox.settle(item.client_msg_id);
      this.#ask();
    },
    takeOver: () => this.conversation.connection.start(),
    identify: () => this.identify(),
    stay: () => this.#attempt(() => this.conversation.stay()),
    askEnd: () => this.#change({ confirming: true }),
    keepOn: () => this.#change({ confirming: false }),
    end: () => this.#attempt(async () => {
      this.#change({ confirming: false });
      await this.conversation.end();
    }),
    renew: () => {
      this.#editing.leave();
      this.conversation.renew();
      this.#focusInside();
    },
    rate: (score) => this.conversation.rating.choose(score),
    sendRating: (comment) => this.#attempt(() => this.conversation.rating.send(comment)),
    rateLater: () => this.conversation.rating.putOff(),
  };
}

if (!customElements.get("pitboss-chat")) customElements.define("pitboss-chat", PitbossChat);
