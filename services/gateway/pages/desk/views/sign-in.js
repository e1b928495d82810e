/** The door: address, password, and the brand for those who work for several. */

import { html, nothing } from "../../vendor/lit.js";

const state = { problem: null, isBusy: false, asksBrand: false };

export const signIn = (session, desk, changed) => {
  const submit = async (event) => {
    event.preventDefault();
    Object.assign(state, { problem: null, isBusy: true });
    changed();
    try {
      await session.signIn(Object.fromEntries(new FormData(event.target)));
      state.asksBrand = false;
    } catch (problem) {
      state.problem = problem;
      state.asksBrand ||= problem.code === "brand-ambiguous";
    }
    state.isBusy = false;
    changed();
  };
  return html`
    <main class="door ${desk ? "again" : ""}">
      <form @submit=${submit}>
        <svg class="logo" viewBox="0 0 32 32" aria-hidden="true"><rect width="32" height="32" rx="8" /><path d="M10 25V8h7.5a5.5 5.5 0 0 1 0 11H10" /></svg>
        <h1>${desk ? "Sign in again" : "Pitboss desk"}</h1>
        <p>${desk ? "Your session has ended. What you wrote is kept." : "Sign in to help your players."}</p>
        <label>E-mail <input name="email" type="email" autocomplete="username" required autofocus .value=${desk?.me.email ?? ""} /></label>
        <label>Password <input name="password" type="password" autocomplete="current-password" required /></label>
        ${state.asksBrand || !desk
          ? html`<label>Brand ${state.asksBrand ? nothing : html`<small>if you work for several</small>`}
              <input name="brand" autocomplete="organization" autocapitalize="none" ?required=${state.asksBrand} /></label>`
          : nothing}
        ${state.problem ? html`<p class="problem" role="alert">${state.problem.title || "No answer from the server"}${state.problem.detail && state.problem.detail !== state.problem.title ? `: ${state.problem.detail}` : ""}</p>` : nothing}
        <button class="primary" ?disabled=${state.isBusy}>${state.isBusy ? "Signing in…" : "Sign in"}</button>
      </form>
    </main>`;
};
