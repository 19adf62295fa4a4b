/* A form is sent once. The pressed button says so in the words of its data-busy and keeps its width. */

function label(button) {
  return [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
}

export default function form(element) {
  let sent = null;

  element.addEventListener("submit", (event) => {
    if (sent) {
      event.preventDefault();
      return;
    }
    const button = event.submitter ?? element.querySelector("button[type=submit]");
    const words = button && label(button);
    sent = { button, words, was: words?.data };
    if (!button) return;
    button.style.minInlineSize = `${button.offsetWidth}px`;
    button.setAttribute("aria-busy", "true");
    if (words && button.dataset.busy) words.data = button.dataset.busy;
  });

  // Back from the next page: the form is shown as it was left, so it must work again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted || !sent) return;
    sent.button?.removeAttribute("aria-busy");
    if (sent.words) sent.words.data = sent.was;
    sent = null;
  });
}
