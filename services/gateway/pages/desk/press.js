/** A press on something that can be clicked: until the click has come, nothing moves away under the finger. */

const CLICKABLE = "button, a, label, summary, input[type=checkbox], [role=option]";
/** Nobody presses for longer: the page was not told that it is over. */
const LONGEST = 10_000;
/** Under a finger the click comes a moment after it has been lifted, or not at all. */
const CLICK_WITHIN = 50;

export class Press {
  #until = 0;
  #timer = 0;

  /**
   * @param {Element} root
   * @param {() => void} released called when the click has come, or none will
   */
  constructor(root, released) {
    const release = () => {
      clearTimeout(this.#timer);
      this.#until = 0;
      released();
    };
    root.addEventListener("pointerdown", ({ target }) => {
      clearTimeout(this.#timer);
      if (target.closest(CLICKABLE)) this.#until = Date.now() + LONGEST;
    });
    addEventListener("click", () => this.isHeld && release());
    for (const name of ["pointerup", "pointercancel", "blur"]) {
      addEventListener(name, () => {
        if (this.isHeld) this.#timer = setTimeout(release, CLICK_WITHIN);
      });
    }
  }

  get isHeld() {
    return Date.now() < this.#until;
  }
}
