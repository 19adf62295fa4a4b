/* Closed roads on any map that names them (data-closures-url): the area, and a sign to press in its middle. */

import { shapes } from "./leaflet.js";
import { geojson, openCard, place } from "./map_frame.js";
import { icon } from "./symbols.js";

function sign() {
  const element = document.createElement("span");
  element.className = "closed-sign";
  element.append(icon("ban"));
  return element;
}

export async function closures(L, map, element, url = element.dataset.closuresUrl) {
  const [{ features }] = await Promise.all([geojson(url), shapes()]);
  for (const feature of features) {
    const { properties } = feature;
    const area = L.geoJSON(feature, { interactive: false, style: { className: "closed-area" } }).addTo(map);
    const middle = area.getBounds().getCenter();
    place(L, middle, sign(), {
      size: [28, 28], label: [properties.title, properties.text].filter(Boolean).join(", "), zIndexOffset: 400,
      press: (spot) => openCard(L, map, middle, properties, element, spot),
    }).addTo(map);
  }
  return features;
}
