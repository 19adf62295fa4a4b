/* Tells a crew whose page stays open that its list changed: asks data-url for {version} now and then, when the page is
   looked at again, and when the network comes back; another one than data-version shows what is inside. */

const EVERY_MS = 60_000;

export default function watch(element) {
  const { url, version } = element.dataset;
  let known = version;

  async function ask() {
    if (document.visibilityState !== "visible") return;
    try {
      const answer = await fetch(url, { headers: { Accept: "application/json" } });
      if (!answer.ok || answer.redirected) return;
      const said = await answer.json();
      if (said.version !== known) {
        known = said.version;
        element.hidden = false;
        navigator.vibrate?.(200);
      }
    } catch {
      /* no network: the list on the page is the one to go by */
    }
  }

  setInterval(ask, EVERY_MS);
  addEventListener("online", ask);
  document.addEventListener("visibilitychange", ask);
}
