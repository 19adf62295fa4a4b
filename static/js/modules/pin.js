/* The report form's map: the pin is dragged, tapped, moved by arrow keys or set by the phone's position.
   The visible fields lat and lon stay the truth; typing in them moves the pin. */

import { featuresOf, frame, openCard, place } from "../lib/map_frame.js";
import { marker, pin as symbol } from "../lib/symbols.js";

const GOOD_M = 20; // stop looking: good enough to find the hole
const ROUGH_M = 50; // beyond this the reporter must confirm by hand
const LONGEST_MS = 15000;

export default async function start(element) {
  const framed = frame(element, { draws: true, cards: Boolean(element.dataset.pointsUrl) });
  // Bound before the map is there: whoever presses early is heard when it is.
  element.querySelector("[data-here]")?.addEventListener("click", () => framed.then(look));
  const { L, map } = await framed;
  const field = (name) => document.querySelector(element.dataset[name]);
  const [lat, lon, accuracy, source] = ["lat", "lon", "accuracy", "source"].map(field);
  const said = document.querySelector(`[data-said-for="${element.id}"]`);
  let spot = null;
  let circle = null;

  function say(words, tone = "") {
    said.hidden = !words;
    said.className = `row sm pad under ${tone ? `note t-${tone}` : "paper"}`;
    said.querySelector("span").textContent = words;
  }

  function draw(latlng, metres) {
    if (!spot) {
      spot = place(L, latlng, marker(), { size: [44, 54], anchor: [22, 48], label: element.dataset.pin, draggable: true, keyboard: true, press: () => {}, className: "sym own", autoPan: true }).addTo(map);
      spot.on("dragend", () => set(spot.getLatLng(), "drag"));
      spot.getElement().addEventListener("keydown", nudge);
    }
    spot.setLatLng(latlng);
    circle?.remove();
    circle = metres ? L.circle(latlng, { radius: metres, className: "accuracy", interactive: false }).addTo(map) : null;
  }

  function set(latlng, how, metres = null) {
    lat.value = latlng.lat.toFixed(6);
    lon.value = latlng.lng.toFixed(6);
    accuracy.value = metres ? Math.round(metres) : "";
    source.value = how;
    draw(latlng, metres);
    if (metres) say((metres > ROUGH_M ? element.dataset.rough : element.dataset.said).replace("{m}", Math.round(metres)), metres > ROUGH_M ? "road" : "");
    else say("");
    element.dispatchEvent(new CustomEvent("pin-moved", { bubbles: true, detail: { lat: latlng.lat, lon: latlng.lng, source: how } }));
  }

  function nudge(event) {
    const step = { ArrowUp: [0, -8], ArrowDown: [0, 8], ArrowLeft: [-8, 0], ArrowRight: [8, 0] }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    set(map.layerPointToLatLng(map.latLngToLayerPoint(spot.getLatLng()).add(step)), "drag");
  }

  function typed() {
    const latlng = L.latLng(Number(lat.value.replace(",", ".")), Number(lon.value.replace(",", ".")));
    if (!lat.value || !lon.value || Number.isNaN(latlng.lat) || Number.isNaN(latlng.lng)) return;
    source.value = "typed";
    accuracy.value = "";
    draw(latlng, null);
    map.setView(latlng, Math.max(16, map.getZoom()));
  }

  function look() {
    if (!navigator.geolocation) return say(element.dataset.denied, "road");
    say(element.dataset.looking);
    let best = null;
    const stop = () => {
      navigator.geolocation.clearWatch(watch);
      clearTimeout(timer);
      if (!best) say(element.dataset.denied, "road");
    };
    const watch = navigator.geolocation.watchPosition(
      ({ coords }) => {
        if (best && coords.accuracy >= best) return;
        best = coords.accuracy;
        const latlng = L.latLng(coords.latitude, coords.longitude);
        map.setView(latlng, coords.accuracy > ROUGH_M ? 16 : 18);
        set(latlng, "gps", coords.accuracy);
        if (best <= GOOD_M) stop();
      },
      () => stop(),
      { enableHighAccuracy: true, maximumAge: 0, timeout: LONGEST_MS },
    );
    const timer = setTimeout(stop, LONGEST_MS);
  }

  lat.addEventListener("change", typed);
  lon.addEventListener("change", typed);
  map.on("click", ({ latlng }) => set(latlng, "tap"));
  document.addEventListener("photo-placed", ({ detail }) => {
    if (lat.value && source.value && source.value !== "photo") return;
    map.setView([detail.lat, detail.lon], 18);
    set(L.latLng(detail.lat, detail.lon), "photo");
  });
  if (lat.value && lon.value) {
    const latlng = L.latLng(Number(lat.value), Number(lon.value));
    draw(latlng, Number(accuracy.value) || null);
    map.setView(latlng, Math.max(16, map.getZoom() ?? 17), { animate: false });
  }
  if (element.dataset.pointsUrl) {
    for (const { geometry, properties } of await featuresOf(element, element.dataset.pointsUrl)) {
      const at = [geometry.coordinates[1], geometry.coordinates[0]];
      place(L, at, symbol({ ...properties, size: 34 }), { size: [34, 34], label: properties.title, press: (one) => openCard(L, map, at, properties, element, one) }).addTo(map);
    }
  }
}
