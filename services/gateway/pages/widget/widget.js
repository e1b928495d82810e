/*
 * Puts the chat on a page:
 *   <script src="https://support.example/widget.js" data-brand="lucky" data-token-url="/pitboss-token" defer></script>
 * Every data attribute becomes an attribute of <pitboss-chat>. A page that knows its player in the browser gives a
 * function instead of an address: window.pitbossChat = { token: async () => "the player's token, or null" }.
 */
(() => {
  const script = document.currentScript;
  const start = async () => {
    await import(new URL("widget/pitboss-chat.js", script.src).href);
    const element = document.createElement("pitboss-chat");
    for (const [name, value] of Object.entries(script.dataset)) {
      element.setAttribute(name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), value);
    }
    if (window.pitbossChat?.token) element.tokenSource = window.pitbossChat.token;
    document.body.append(element);
    script.dispatchEvent(new CustomEvent("pitboss-ready", { detail: element }));
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
