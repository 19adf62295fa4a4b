/* Says that a page is the phone's own copy, when it was made, and goes to the fresh page once the site answers: by itself
   where nobody is filling in a form, else at a press. The service worker marks a copy with data-copy-at. */

const EVERY_MS = 10_000;

export default function copy(element) {
  const { copyAt } = document.documentElement.dataset;
  if (copyAt === undefined) return;
  const made = new Date(copyAt);
  const at = Number.isNaN(made.getTime()) ? "" : made.toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  element.hidden = false;
  element.querySelector("[data-said]").textContent = element.dataset.words.replace("{at}", at);

  let leaving = false;
  const stays = () => leaving || document.visibilityState !== "visible" || document.querySelector("form[data-in-use]");

  async function look() {
    if (stays()) return;
    try {
      const answer = await fetch(element.dataset.url, { cache: "no-store" });
      if (answer.ok && !stays()) location.reload();
    } catch {
      // still nothing
    }
  }

  addEventListener("beforeunload", () => (leaving = true)); // for a page that was asked for, which comes first
  for (const back of ["pageshow", "focus"]) addEventListener(back, () => (leaving = false));
  addEventListener("online", look);
  setInterval(look, EVERY_MS);
}
