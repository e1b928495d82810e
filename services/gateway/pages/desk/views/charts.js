/** Charts as plain SVG. Each says in words what it shows, for those who do not see it. */

import { html } from "../../vendor/lit.js";

const AROUND = 2 * Math.PI * 42;

/** A ring that is as full as a share; no share, an empty ring. */
export const ring = (share, text) => html`
  <svg class="ring ${tone(share)}" viewBox="0 0 100 100" role="img" aria-label=${text}>
    <circle class="track" cx="50" cy="50" r="42" />
    <circle class="fill" cx="50" cy="50" r="42" transform="rotate(-90 50 50)" stroke-dasharray="${((share ?? 0) * AROUND).toFixed(1)} ${AROUND.toFixed(1)}" />
    <text x="50" y="50" dy="0.36em">${share === null ? "–" : `${Math.round(share * 100)}%`}</text>
  </svg>`;

const tone = (share) => (share === null ? "none" : share >= 0.9 ? "good" : share >= 0.75 ? "fair" : "poor");

/** One bar as long as its part of the greatest. */
export const bar = (value, most) => html`
  <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
    <rect class="track" width="100" height="8" rx="2" /><rect class="fill" width=${most ? ((value / most) * 100).toFixed(1) : 0} height="8" rx="2" />
  </svg>`;

/** Columns side by side, drawn as one path. */
export const columns = (values, text) => {
  const most = Math.max(1, ...values);
  const width = 240 / values.length;
  const one = (value, place) => {
    const height = (value / most) * 76;
    return `M${(place * width + 1).toFixed(1)} 80v-${height.toFixed(1)}h${(width - 2).toFixed(1)}v${height.toFixed(1)}z`;
  };
  return html`
    <svg class="columns-chart" viewBox="0 0 240 82" preserveAspectRatio="none" role="img" aria-label=${text}>
      <path class="base" d="M0 80.5h240" /><path class="fill" d=${values.map(one).join("")} />
    </svg>`;
};
