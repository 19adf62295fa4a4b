/* The reader's own place on a map: the button with [data-here], a dot, and how far it can be trusted. */

import { shapes } from "./leaflet.js";

const LONGEST_MS = 15000;

export function you(L, map, element, nearest = 16) {
  element.querySelector("[data-here]")?.addEventListener("click", () => map.locate({ setView: true, maxZoom: nearest, timeout: LONGEST_MS }));
  let shown = null;
  map.on("locationfound", async ({ latlng, accuracy }) => {
    const drawn = await shapes().catch(() => null); // the view has moved there all the same
    if (!drawn) return;
    shown?.remove();
    shown = L.layerGroup([
      L.circle(latlng, { radius: accuracy, className: "accuracy", interactive: false }),
      L.circleMarker(latlng, { radius: 7, className: "you", interactive: false }),
    ]).addTo(map);
  });
}
