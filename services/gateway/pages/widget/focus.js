/** Where the keyboard is. */

const NARROW = matchMedia("(max-width: 30rem)");
const FOCUSABLE = "button:not([disabled]), summary, a[href], input, select, textarea, [tabindex='0']";

/** True if the chat covers the whole page, so that nothing behind it can be meant. */
export const wantsWholeScreen = () => NARROW.matches;

/**
 * Let Tab go round inside an element.
 *
 * @param {KeyboardEvent} event
 * @param {Element} box
 */
export const keepInside = (event, box) => {
  const stops = [...box.querySelectorAll(FOCUSABLE)].filter((element) => element.checkVisibility());
  const here = stops.indexOf(box.getRootNode().activeElement);
  const next = here + (event.shiftKey ? -1 : 1);
  if (next >= 0 && next < stops.length) return;
  event.preventDefault();
  stops.at(event.shiftKey ? -1 : 0)?.focus();
};
