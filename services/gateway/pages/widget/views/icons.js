/** The few pictures of the widget; they take the colour of the text around them. */

import { html } from "../../vendor/lit.js";

const icon = (kind, d) => html`<svg viewBox="0 0 24 24" aria-hidden="true"><path class=${kind} d=${d} /></svg>`;
const line = (d) => icon("line", d);

export const bubble = () => line("M4.5 18.6V6.5a2 2 0 0 1 2-2h11a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H8.2zM8.5 9h7M8.5 12.3h4.5");
export const cross = () => line("M6 6l12 12M18 6L6 18");
export const down = () => line("M6 9.5l6 6 6-6");
export const plane = () => line("M12 19V5M5.5 11.5L12 5l6.5 6.5");
export const leave = () => line("M14 4.5H6.5a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H14M10 12h10M16.5 8.5L20 12l-3.5 3.5");
export const sheet = () => line("M7 3.5h7l4 4v11a2 2 0 0 1-2 2H7a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2zM13.5 3.5v4.5H18");
export const clip = () => line("M8.5 12.5l5.6-5.6a2.6 2.6 0 0 1 3.7 3.7l-7.4 7.4a4.4 4.4 0 0 1-6.2-6.2l7-7");
export const tick = () => line("M4 12.5l4.5 4.5L18 7.5");
export const ticks = () => line("M2 12.5L6.5 17 16 7.5M11.5 16.5l.5.5L21.5 7.5");
export const clock = () => line("M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.5l3 1.5");
export const star = () => icon("solid", "M12 3.6l2.6 5.3 5.8.8-4.2 4.1 1 5.8-5.2-2.7-5.2 2.7 1-5.8L3.6 9.7l5.8-.8z");
