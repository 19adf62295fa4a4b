/* Leaflet, fetched once and only when a map starts; what draws lines and circles, and what opens cards, where it is used.
   Addresses start two folders up, from here as from modules/, into which set-up packs this file. */

const STATIC = new URL("../../", import.meta.url);
let ready = null;
let drawing = null;
let telling = null;

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

/** Return L once its parts (static/js/leaflet/map.js) and its style sheets are there. */
export function leaflet() {
  ready ??= Promise.all([import("../../vendor/leaflet/map.js"), sheet("css/leaflet.css")]).then(([parts]) => ({ ...parts }));
  return ready;
}

/** The same L, with static/js/leaflet/shapes.js too. */
export function shapes() {
  drawing ??= together(import("../../vendor/leaflet/shapes.js"));
  return drawing;
}

/** The same L, with static/js/leaflet/popup.js too. */
export function popups() {
  telling ??= together(import("../../vendor/leaflet/popup.js"));
  return telling;
}

async function together(parts) {
  const [L, more] = await Promise.all([leaflet(), parts]);
  return Object.assign(L, more);
}
