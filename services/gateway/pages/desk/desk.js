/** The desk at `/desk`: draws what is known once per frame, counts down with one clock, and listens to the keyboard. */

import { html, render } from "../vendor/lit.js";
import { Desk } from "./desk-state.js";
import { onKey } from "./keys.js";
import { Press } from "./press.js";
import { Session } from "./session.js";
import { applyTheme } from "./theme.js";
import { shell } from "./views/shell.js";
import { signIn } from "./views/sign-in.js";

const root = document.createElement("div");
root.id = "desk";
let desk = null;
let isDue = false;

/** Draw soon, once, whatever has changed; what is being clicked stays where it is until it is let go. */
const changed = () => {
  if (isDue) return;
  isDue = true;
  requestAnimationFrame(() => {
    isDue = false;
    if (!press.isHeld) draw();
  });
};

const press = new Press(root, changed);
const session = new Session(changed);

const draw = () => {
  if (session.kept && desk?.me.id !== session.person.id) begin();
  render(html`${desk ? shell(desk) : null} ${session.kept ? null : signIn(session, desk, changed)}`, root);
  for (const dialog of root.querySelectorAll("dialog")) present(dialog);
  const open = desk?.open?.ticket;
  document.title = open ? `${open.number} · Pitboss desk` : "Pitboss desk";
};

/** Show a dialog, and lead the keyboard to what it asks for as soon as that is there. */
const present = (dialog) => {
  if (!dialog.open) dialog.showModal();
  const box = dialog.querySelector("[autofocus]:not([data-met])");
  if (!box) return;
  box.dataset.met = "";
  box.focus();
};

/** Another person than before starts anew; the same one, signed in again, finds everything as it was. */
const begin = () => {
  desk?.stop();
  desk = new Desk(session, changed, draw);
  desk.signOut = signOut;
  desk.start();
};

const signOut = async () => {
  const leaving = desk;
  desk = null;
  leaving.stop();
  await session.signOut();
};

document.body.append(root);
applyTheme();
setInterval(() => document.hidden || changed(), 1000);
addEventListener("resize", changed);
addEventListener("online", changed);
addEventListener("offline", changed);
document.addEventListener("keydown", (event) => desk && session.kept && onKey(event, desk, root));
// A key may come before the first frame: the desk is there for it.
draw();
