/* What folium's pages share: our ground, our buttons, one sentence in the corner, and the first view. */

import { baseLayer, prepare } from "./basemap.js";
import { labelLayer } from "./labels.js";

export const piece = (tag, text, className) => {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
};

/** Draw the ground, and the names over it. */
export async function ground(L, map, url) {
  const parts = prepare(await (await fetch(url)).json());
  const layers = [baseLayer(L, parts).addTo(map), labelLayer(L, parts).addTo(map)];
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => layers.forEach((one) => one.repaint()));
}

function corners() {
  const make = (tag, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };
  const svg = make("svg", { class: "i", viewBox: "0 0 24 24", "aria-hidden": "true" });
  svg.append(make("path", { d: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" }));
  return svg;
}

function screenButton(L, map, words) {
  if (!document.fullscreenEnabled) return;
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    const button = piece("button", "", "btn screen");
    button.append(corners());
    button.type = "button";
    button.title = words.fullScreen;
    button.setAttribute("aria-label", words.fullScreen);
    button.addEventListener("click", () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
    L.DomEvent.disableClickPropagation(button);
    return button;
  };
  control.addTo(map);
}

/** One sentence at a time in the corner of the map; none when there is nothing to say. */
export function speaker(L, map) {
  let shown = null;
  return (text) => {
    shown?.remove();
    shown = null;
    if (!text) return;
    shown = L.control({ position: "bottomright" });
    shown.onAdd = () => {
      const note = piece("p", text, "note t-road");
      note.setAttribute("role", "status");
      return note;
    };
    shown.addTo(map);
  };
}

/** Our own buttons and words on a map. */
export function controls(L, map, words) {
  const box = map.getContainer();
  box.setAttribute("role", "main");
  box.setAttribute("aria-label", words.title);
  box.prepend(piece("h1", words.title, "vh"));
  map.attributionControl.setPrefix(false).addAttribution(words.attribution);
  L.control.zoom({ position: "topleft", zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  screenButton(L, map, words);
  const layers = box.querySelector(".leaflet-control-layers");
  layers?.querySelector(".leaflet-control-layers-toggle")?.setAttribute("title", words.layers);
  layers?.setAttribute("aria-label", words.layers);
  if (box.clientWidth < 640) layers?.classList.remove("leaflet-control-layers-expanded");
}

/** Show the part that the address asks for, or the whole city. */
export function firstView(map, { bounds }) {
  const asked = new URLSearchParams(location.search).get("bounds")?.split(",").map(Number);
  const [west, south, east, north] = asked ?? [];
  if (asked?.length === 4 && asked.every(Number.isFinite)) {
    map.fitBounds([[south, west], [north, east]], { padding: [30, 30], maxZoom: 16, animate: false });
  } else map.fitBounds(bounds, { animate: false });
}

