/* Says that messages came in since the page was made: in the list, in the page's title, and, where the official
   allowed it, as a notice of the device while the page is not in front (where the service worker does not tell it).
   Numbers only; nothing of what was written. */

const EVERY_MS = 20_000;
const TAG = "fieldops-inbox"; // a later notice takes the place of an earlier one

export default function unread(element) {
  const { url, since, words, urgent } = element.dataset;
  const note = element.querySelector("[data-note]");
  const said = element.querySelector("[data-said]");
  const offer = element.querySelector("[data-offer]");
  const title = document.title;
  let told = Number(since);
  let isPushed = false; // the service worker tells this device already

  function notify(text) {
    if (isPushed || !("Notification" in window) || Notification.permission !== "granted" || document.visibilityState === "visible") return;
    try {
      const shown = new Notification(title, { body: text, tag: TAG });
      shown.addEventListener("click", () => {
        window.focus();
        location.assign(said.href);
      });
    } catch {
      // some phones show notices from a service worker only; the title and the list say it all the same
    }
  }

  async function ask() {
    try {
      const answer = await fetch(`${url}?since=${since}`, { headers: { Accept: "application/json" } });
      if (!answer.ok) return;
      const found = await answer.json();
      if (!found.conversations) return;
      const text = (found.urgent ? urgent : words).replace("{n}", found.conversations);
      note.hidden = false;
      said.textContent = text;
      document.title = `(${found.conversations}) ${title}`;
      if (found.newest > told) notify(text);
      told = found.newest;
    } catch {
      // the network rests; the next look comes soon
    }
  }

  async function look() {
    const registration = await navigator.serviceWorker?.getRegistration().catch(() => null);
    isPushed = Boolean(await registration?.pushManager?.getSubscription());
    offer.hidden = isPushed || !("Notification" in window) || Notification.permission === "denied";
  }

  look();
  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
  element.addEventListener("asked", ask); // for whoever cannot wait
}
