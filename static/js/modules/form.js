/* A form is sent once. The pressed button says so in the words of its data-busy and keeps its width. A long one, which
   has a [data-no-signal], first asks the address in it whether the site can be reached: a browser that finds out by
   itself shows a page of its own, and what was typed and photographed is gone. */

const LONGEST_MS = 15000;

function label(button) {
  return [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
}

async function reaches(url) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), LONGEST_MS);
  try {
    return (await fetch(url, { cache: "no-store", signal: control.signal })).ok;
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}

export default function form(element) {
  const note = element.querySelector("[data-no-signal]");
  let sent = null;
  let sure = !note;

  function hold(button) {
    const words = button && label(button);
    sent = { button, words, was: words?.data };
    if (!button) return;
    button.style.minInlineSize = `${button.offsetWidth}px`;
    button.setAttribute("aria-busy", "true");
    if (words && button.dataset.busy) words.data = button.dataset.busy;
  }

  function release() {
    sent?.button?.removeAttribute("aria-busy");
    if (sent?.words) sent.words.data = sent.was;
    sent = null;
  }

  async function ask(submitter) {
    sure = note.hidden = await reaches(note.dataset.noSignal);
    release();
    if (sure) {
      element.requestSubmit(submitter);
      return;
    }
    note.focus();
    note.scrollIntoView({ block: "center" });
  }

  element.addEventListener("submit", (event) => {
    if (sent || !sure) event.preventDefault();
    if (sent) return;
    hold(event.submitter ?? element.querySelector("button[type=submit]"));
    if (!sure) ask(event.submitter);
  });

  if (note) addEventListener("online", () => (note.hidden = true));

  // Back from the next page: the form is shown as it was left, so it must work again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    release();
    sure = !note;
  });
}
