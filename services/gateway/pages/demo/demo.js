/** What a casino's page does: it knows who is signed in, and puts the chat on the page for them. */

import "/widget/pitboss-chat.js";
import { WORDS } from "/demo/words.js";

const wish = new URLSearchParams(location.search);
const player = wish.get("player") ?? "";
const locale = wish.get("locale") ?? "en";
const names = { kim: "Kim", vera: "Vera" };

for (const link of document.querySelectorAll("nav a")) {
  const { player: who = player, locale: language = locale } = link.dataset;
  link.href = `/demo?${new URLSearchParams({ ...(who && { player: who }), ...(language !== "en" && { locale: language }) })}`;
  if (who === player && language === locale) link.setAttribute("aria-current", "page");
}

const own = WORDS[locale];
if (own) {
  document.documentElement.lang = locale;
  for (const element of document.querySelectorAll("[data-label]")) element.ariaLabel = own[element.dataset.label];
  for (const element of document.querySelectorAll("[data-word]")) {
    const parts = own[element.dataset.word].split(/\{(\w+)\}/);
    const slot = (name) => element.querySelector(`[data-slot=${name}]`);
    element.replaceChildren(...parts.map((part, index) => (index % 2 ? slot(part) : part)));
  }
}
if (names[player]) document.getElementById("who").textContent = names[player];

const chat = document.createElement("pitboss-chat");
chat.setAttribute("brand", "lucky");
chat.setAttribute("locale", locale);
if (player) chat.setAttribute("token-url", `/demo/player/token?player=${encodeURIComponent(player)}`);
document.body.append(chat);
