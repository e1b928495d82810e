/** How the chat looks. */

/** The style sheet as an object: no element and no attribute carries style, so that a strict policy has nothing to refuse. */
export const loadStyles = async () => {
  const answer = await fetch(new URL("widget.css", import.meta.url));
  return new CSSStyleSheet().replace(await answer.text());
};
