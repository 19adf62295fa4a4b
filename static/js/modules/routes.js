/* Batches on the map: a line a crew with casing and dash, numbered stops, depots, what was left out.
   A row of the list beside it (data-crew, data-stop) lifts its route when pointed at or focused. */

import { featuresOf, frame, openCard, place } from "../lib/map_frame.js";
import { bead, depot, pin } from "../lib/symbols.js";

/* Four hues, four dashes: twelve crews, each pair once. The letter says the same in words. */
const DASHES = [null, "10 6", "2 7", "12 6 2 6"];

function dash(index) {
  return DASHES[((index % 4) + Math.floor(index / 4)) % 4];
}

export default async function start(element) {
  const wide = element.clientWidth < 500 ? 24 : 28; // beads on a phone's map
  const { L, map, placed } = await frame(element, { draws: true });
  const features = await featuresOf(element, element.dataset.routesUrl);
  const lifted = new Map(); // crew → what belongs to it
  const keep = (crew, thing) => lifted.set(crew, [...(lifted.get(crew) ?? []), thing]);

  const painters = {
    route({ geometry, properties: { crew, old, index = crew.charCodeAt(0) - 65 } }) {
      const path = geometry.type === "LineString" ? [geometry.coordinates] : geometry.coordinates;
      const latlngs = path.map((line) => line.map(([x, y]) => [y, x]));
      if (old) { // as it was, beneath what is proposed
        keep(crew, L.polyline(latlngs, { weight: 3, className: "route old", dashArray: "3 5", interactive: false }).addTo(map));
        return;
      }
      const tone = `t-${String.fromCharCode(97 + (index % 12))}`;
      keep(crew, L.polyline(latlngs, { weight: 8, className: "route-casing", interactive: false }).addTo(map));
      keep(crew, L.polyline(latlngs, { weight: 3.5, className: `route ${tone}`, dashArray: dash(index), interactive: false }).addTo(map));
    },
    stop({ geometry: { coordinates: [x, y] }, properties }) {
      const words = properties.label ?? `${properties.crew}${properties.n}`;
      const spot = place(L, [y, x], bead(properties.crew, words, properties.locked), {
        size: [wide, wide], className: wide < 28 ? "sym small" : "sym", label: [words, properties.title].filter(Boolean).join(", "), zIndexOffset: 500,
        press: (one) => openCard(L, map, [y, x], { ...properties, title: `${words} · ${properties.title ?? ""}` }, element, one),
      }).addTo(map);
      keep(properties.crew, spot);
      keep(words, spot);
    },
    depot({ geometry: { coordinates: [x, y] }, properties }) {
      place(L, [y, x], depot(), { size: [32, 32], label: properties.title, press: (one) => openCard(L, map, [y, x], properties, element, one) }).addTo(map);
    },
    unplanned({ geometry: { coordinates: [x, y] }, properties }) {
      const size = properties.size ?? 34;
      place(L, [y, x], pin({ ...properties, size }), { size: [size, size], label: properties.title, press: (one) => openCard(L, map, [y, x], properties, element, one) }).addTo(map);
    },
  };
  for (const kind of ["route", "unplanned", "depot", "stop"]) {
    for (const feature of features.filter((one) => one.properties.kind === kind)) painters[kind](feature);
  }
  if (!placed && features.length) map.fitBounds(L.geoJSON({ type: "FeatureCollection", features }).getBounds(), { padding: [24, 24], animate: false });

  function lift(names) {
    const chosen = new Set(names.flatMap((name) => lifted.get(name) ?? []));
    for (const thing of new Set([...lifted.values()].flat())) {
      thing.getElement()?.classList.toggle("dim", names.length > 0 && !chosen.has(thing));
      thing.getElement()?.classList.toggle("lifted", chosen.has(thing));
    }
  }

  const list = element.dataset.list && document.querySelector(element.dataset.list);
  const named = (event) => {
    const row = event.target.closest?.("[data-stop], [data-crew]");
    lift(row ? [row.dataset.stop ?? row.dataset.crew] : []);
  };
  list?.addEventListener("pointerover", named);
  list?.addEventListener("focusin", named);
  list?.addEventListener("pointerleave", () => lift([]));
  list?.addEventListener("focusout", () => lift([]));
}
