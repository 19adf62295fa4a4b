/* Leaflet, fetched once and only when a map starts; what draws lines and circles, and what opens cards, where it is used.
   Addresses start two folders up, from here as from modules/, into which set-up packs this file. */

const STATIC = new URL("../../", import.meta.url);
const held = new Map();

function sheet(path) {
  return new Promise((done, fail) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = new URL(path, STATIC);
    link.onload = done;
    link.onerror = () => fail(new Error(`${path} did not load`));
    document.head.append(link);
  });
}

/* What did not come is asked for again by the next who needs it: the signal may be back. A browser remembers an import
   that failed, hence another address then. */
function once(name, made) {
  const { failures = 0, promise } = held.get(name) ?? {};
  if (promise) return promise;
  const file = new URL(`vendor/leaflet/${name}.js${failures ? `?again=${failures}` : ""}`, STATIC);
  const asked = made(import(file)).catch((failure) => {
    held.set(name, { failures: failures + 1 });
    throw failure;
  });
  held.set(name, { failures, promise: asked });
  return asked;
}

/** Return L once its parts (static/js/leaflet/map.js) and its style sheets are there. */
export function leaflet() {
  return once("map", async (parts) => ({ ...(await Promise.all([parts, sheet("css/leaflet.css")]))[0] }));
}

/** The same L, with static/js/leaflet/shapes.js too. */
export function shapes() {
  return once("shapes", together);
}

/** The same L, with static/js/leaflet/popup.js too. */
export function popups() {
  return once("popup", together);
}

async function together(parts) {
  const [L, more] = await Promise.all([leaflet(), parts]);
  return Object.assign(L, more);
}
