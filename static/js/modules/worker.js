/* Lets the browser keep the service worker of data-url, once the page has nothing more urgent to do. */

export default async function worker(element) {
  if (!("serviceWorker" in navigator)) return;
  await new Promise((done) => (window.requestIdleCallback ?? setTimeout)(done));
  try {
    await navigator.serviceWorker.register(element.dataset.url, { scope: "/" });
    const { active } = await navigator.serviceWorker.ready;
    active.postMessage("fill"); // whoever signed out here before emptied it
  } catch {
    // a browser that keeps none shows the pages all the same
  }
}
