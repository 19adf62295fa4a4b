/* Leaflet, fetched once and only when a map starts. */

const STATIC = new URL("../../", import.meta.url);
let ready = null;

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

function script(path) {
  return new Promise((done, fail) => {
    const tag = document.createElement("script");
    tag.src = new URL(path, STATIC);
    tag.onload = done;
    tag.onerror = () => fail(new Error(`${path} did not load`));
    document.head.append(tag);
  });
}

/** Return the global L once its script and both style sheets are there; ours comes after Leaflet's. */
export function leaflet() {
  ready ??= Promise.all([
    sheet("vendor/leaflet/dist/leaflet.css"),
    sheet("css/map.css"),
    script("vendor/leaflet/dist/leaflet.js"),
  ]).then(() => window.L);
  return ready;
}
