/* Lets the browser keep the service worker of data-url, once the page has nothing more urgent to do, and tells it who
   reads (data-of) and where a crew's day is to be had (data-crew, data-day-url, data-day-version), to be kept for want of a signal.
   The worker answers with what it keeps: the event "day-kept" on the document. */

export default async function worker(element) {
  if (!("serviceWorker" in navigator)) return;
  const { of, crew, dayUrl: url, dayVersion: version } = element.dataset;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.day !== undefined) document.dispatchEvent(new CustomEvent("day-kept", { detail: data.day }));
  });
  await new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
  try {
    await navigator.serviceWorker.register(element.dataset.url, { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage("fill"); // whoever signed out here before emptied it
    if (of) active.postMessage({ of, crew, url, version });
  } catch {
    // a browser that keeps none shows the pages all the same
  }
}
