/* What every map shares: Leaflet, the base map and its names, our buttons, the theme, the first view. */

import { baseLayer, prepare } from "./basemap.js";
import { labelLayer } from "./labels.js";
import { leaflet, popups, shapes } from "./leaflet.js";

const fetched = new Map();

export async function geojson(url) {
  if (!fetched.has(url)) {
    fetched.set(url, fetch(url, { headers: { Accept: "application/geo+json, application/json" } }).then((answer) => {
      if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
      return answer.json();
    }));
  }
  return fetched.get(url);
}

/** The features of an address; where they cannot be had, none, and the map says so over itself: a session may have ended,
    or the signal be gone. */
export async function featuresOf(element, url) {
  try {
    return (await geojson(url)).features;
  } catch {
    trouble(element);
    fetched.delete(url);
    return [];
  }
}

const numbers = (words) => (words ? words.split(",").map(Number) : null);

function firstView(L, map, element) {
  const bounds = numbers(element.dataset.bounds);
  const centre = numbers(element.dataset.centre);
  if (centre) map.setView([centre[1], centre[0]], Number(element.dataset.zoom || 15));
  else if (bounds) map.fitBounds([[bounds[1], bounds[0]], [bounds[3], bounds[2]]], { animate: false });
  return Boolean(centre || bounds);
}

function plain(text) {
  const holder = document.createElement("span");
  holder.textContent = text;
  return holder.innerHTML;
}

/** Start a map in `element`. Returns {L, map, placed}; placed says that data-centre or data-bounds set the view.
    `draws`: it will have lines, areas or circles of its own. `cards`: they are likely to be opened, perhaps where the
    signal is gone, so what opens them is fetched at once. The element tells others with a "map-ready" event that carries
    L and map. */
export async function frame(element, { draws = false, cards = true } = {}) {
  if (cards) popups().catch(() => {}); // asked for again by whoever opens a card
  const L = await (draws ? shapes() : leaflet());
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const canvas = element.querySelector("[data-canvas]");
  canvas.setAttribute("role", "region");
  canvas.setAttribute("aria-label", element.dataset.label ?? "");
  const map = L.map(canvas, {
    zoomControl: false, attributionControl: false, minZoom: 10, maxZoom: 19, zoomSnap: 0.5,
    scrollWheelZoom: element.matches(".full"), zoomAnimation: !still, fadeAnimation: false, markerZoomAnimation: !still,
  });
  L.control.attribution({ prefix: false, position: "bottomleft" }).addAttribution(plain(element.dataset.attribution ?? "")).addTo(map);
  map.on("focus click", () => map.scrollWheelZoom.enable());
  const placed = firstView(L, map, element);
  tools(map, element);
  element.querySelector("[data-start-box]")?.remove();
  if (element.dataset.baseUrl) {
    // Symbols on plain ground are still worth more than no map.
    await base(L, map, element, placed).catch((failure) => element.dispatchEvent(new CustomEvent("base-failed", { detail: failure })));
  }
  if (element.dataset.closuresUrl) {
    import("./closures.js").then(({ closures }) => closures(L, map, element)).catch((failure) => element.dispatchEvent(new CustomEvent("closures-failed", { detail: failure })));
  }
  new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(element);
  if (map.getZoom() === undefined) map.setView([0, 0], 10); // nothing said where: the caller's points will
  element.dispatchEvent(new CustomEvent("map-ready", { bubbles: true, detail: { L, map } }));
  return { L, map, placed };
}

const STREETS_FROM_ZOOM = 13; // farther away nobody sees local streets

async function base(L, map, element, placed) {
  const collection = await geojson(element.dataset.baseUrl);
  if (!placed && collection.features.length) map.fitBounds((await shapes()).geoJSON(collection).getBounds(), { animate: false });
  const draw = (parts) => [baseLayer(L, parts).addTo(map), labelLayer(L, parts).addTo(map)];
  let layers = draw(prepare(collection));
  const repaint = () => layers.forEach((one) => one.repaint());
  document.addEventListener("theme-changed", repaint);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
  if (!element.dataset.streetsUrl) return;
  const nearer = async () => {
    if (map.getZoom() < STREETS_FROM_ZOOM) return;
    map.off("zoomend", nearer);
    try {
      const whole = prepare(await geojson(element.dataset.streetsUrl));
      layers.forEach((one) => one.remove());
      layers = draw(whole);
    } catch (failure) {
      element.dispatchEvent(new CustomEvent("base-failed", { detail: failure })); // the larger streets stay
    }
  };
  map.on("zoomend", nearer);
  nearer();
}

function tools(map, element) {
  const box = element.querySelector("[data-tools]");
  if (!box) return;
  box.hidden = false;
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-zoom]");
    if (button) map.setZoom(map.getZoom() + Number(button.dataset.zoom));
  });
}

/** A marker whose drawing is an element, named for screen readers, pressed by click, Enter or space. */
export function place(L, latlng, drawing, { size = [44, 44], anchor, label = "", press, className = "sym", ...more } = {}) {
  const icon = L.divIcon({ html: drawing, className, iconSize: size, iconAnchor: anchor ?? [size[0] / 2, size[1] / 2], popupAnchor: [0, -size[1] / 2 + 4] });
  const spot = L.marker(latlng, { icon, keyboard: Boolean(press), interactive: Boolean(press) || more.draggable === true, riseOnHover: true, ...more });
  spot.on("add", () => {
    const held = spot.getElement();
    if (label) held.setAttribute("aria-label", label);
    if (!press) held.removeAttribute("tabindex");
    held.addEventListener("keydown", (event) => {
      if (!press || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      event.stopPropagation();
      press(spot);
    });
  });
  if (press) spot.on("click", () => press(spot));
  return spot;
}

function piece(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = className;
  return element;
}

function way(url, words) {
  const link = piece("a", words, "btn");
  link.href = url;
  link.target = "_top"; // out of the frame that a map may stand in
  return link;
}

/** Words about one point, and `places` of work that it leads to, built as elements: the data's text never becomes
    markup. `open` names the link to `url`. */
export function card({ title = "", text, url, places = [], more }, open) {
  const box = piece("div", "", "stack tight");
  box.append(piece("b", title, ""));
  if (text) box.append(piece("span", text, "sm muted"));
  if (url) box.append(way(url, open));
  for (const place of places) {
    const words = places.length > 1 || place.title !== title ? [piece("b", place.title, "sm")] : [];
    box.append(...words, ...place.lines.map((line) => piece("span", line, "sm muted")), way(place.url, place.open));
  }
  if (more) box.append(piece("span", more, "sm muted"));
  return box;
}

/** What the places of work behind a report or a bubble are, for a card: {places, more}. A card without is still one. */
export async function placesOf(url, { id, near }) {
  if (!url || !(id || near)) return {};
  const address = new URL(url, document.baseURI); // which may hold a filter
  for (const [name, value] of Object.entries(id ? { id } : { lon: near[0], lat: near[1], zoom: near[2] })) address.searchParams.set(name, value);
  try {
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : {};
  } catch {
    return {};
  }
}

/** Show a card at a place; focus goes into it and comes back when it closes. Where cards cannot be had, the map says so. */
export async function openCard(L, map, latlng, properties, element, opener) {
  try {
    await popups();
  } catch {
    trouble(element);
    return;
  }
  calm(element);
  const content = card(properties, element.dataset.open);
  const popup = L.popup({ closeButton: false, maxWidth: 260, minWidth: 220, offset: [0, -14], className: "pop" }).setLatLng(latlng).setContent(content).openOn(map);
  content.querySelector("a")?.focus({ preventScroll: true });
  content.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    map.closePopup(popup);
    (opener?.getElement() ?? map.getContainer()).focus();
  });
}

/** Say over the map that something of it did not come, in the words of its data-failed; `calm` takes that back. */
export function trouble(element) {
  if (!element.dataset.failed || element.querySelector("[data-trouble]")) return;
  const note = document.createElement("p");
  note.className = "note t-bad over";
  note.dataset.trouble = "";
  note.setAttribute("role", "status");
  note.textContent = element.dataset.failed;
  element.append(note);
}

export function calm(element) {
  element.querySelector("[data-trouble]")?.remove();
}
