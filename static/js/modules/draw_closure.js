/* Drawing a closed street: points by click, or by Enter in the middle of the map; kept as GeoJSON in the form's hidden
   field (data-field). Buttons of the form: data-draw line or area, data-draw-undo, data-draw-clear. */

import { frame } from "../lib/map_frame.js";

export default async function start(element) {
  const framed = frame(element, { draws: true });
  const form = document.querySelector(element.dataset.form);
  const field = form.querySelector(element.dataset.field);
  const bar = form.querySelector("[data-draw-tools]");
  const said = form.querySelector("[data-draw-said]");
  const kinds = [...bar.querySelectorAll("[data-draw]")];
  const { L, map } = await framed;
  const sketch = L.layerGroup().addTo(map);
  let kind = "";
  let points = [];

  bar.hidden = false;
  map.doubleClickZoom.disable();

  function geometry() {
    const path = points.map(({ lat, lng }) => [Number(lng.toFixed(6)), Number(lat.toFixed(6))]);
    if (kind === "area" && path.length >= 3) return { type: "Polygon", coordinates: [[...path, path[0]]] };
    if (kind === "line" && path.length >= 2) return { type: "LineString", coordinates: path };
    return null;
  }

  function redraw() {
    sketch.clearLayers();
    const shown = geometry();
    if (points.length > 1) L.polyline(points, { className: "closed-line", interactive: false }).addTo(sketch);
    if (shown?.type === "Polygon") L.polygon(points, { className: "closed-area", interactive: false }).addTo(sketch);
    for (const point of points) L.circleMarker(point, { radius: 5, className: "closed-point", interactive: false }).addTo(sketch);
    field.value = shown ? JSON.stringify(shown) : "";
    for (const button of kinds) button.setAttribute("aria-pressed", String(button.dataset.draw === kind));
    for (const button of bar.querySelectorAll("[data-draw-undo], [data-draw-clear]")) button.disabled = !points.length;
    element.classList.toggle("drawing", Boolean(kind));
    const words = !kind ? "" : shown ? element.dataset.drawn : element.dataset[kind === "area" ? "drawArea" : "drawLine"];
    said.textContent = words.replace("{n}", points.length);
  }

  function add(latlng) {
    if (!kind) return;
    points.push(latlng);
    redraw();
  }

  map.on("click", ({ latlng }) => add(latlng));
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.target !== map.getContainer()) return;
    event.preventDefault();
    add(map.getCenter());
  });
  for (const button of kinds) {
    button.addEventListener("click", () => {
      kind = kind === button.dataset.draw ? "" : button.dataset.draw;
      if (!kind) points = [];
      redraw();
    });
  }
  bar.querySelector("[data-draw-undo]").addEventListener("click", () => {
    points.pop();
    redraw();
  });
  bar.querySelector("[data-draw-clear]").addEventListener("click", () => {
    points = [];
    redraw();
  });

  if (field.value) {
    // What was drawn before a refusal is still there.
    try {
      const held = JSON.parse(field.value);
      kind = held.type === "Polygon" ? "area" : "line";
      const path = held.type === "Polygon" ? held.coordinates[0].slice(0, -1) : held.coordinates;
      points = path.map(([lng, lat]) => L.latLng(lat, lng));
      map.fitBounds(points, { maxZoom: 17, padding: [40, 40], animate: false });
    } catch {
      field.value = "";
      points = [];
    }
  }
  redraw();
}
