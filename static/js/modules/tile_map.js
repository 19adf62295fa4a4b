/* A map of requests from vector tiles, and the same as a list beside it: what the list says is in view is what is
   drawn in view. data-tiles-url with {z}, {x} and {y}; data-said (JSON) holds every word; data-form narrows both;
   data-list is filled from data-list-url, and a press on a row's [data-at] shows its place; data-places-url tells of
   a numbered one, and what a bubble holds that no zoom takes apart. */

import { calm, frame, openCard, placesOf, trouble } from "../lib/map_frame.js";
import { you } from "../lib/here.js";
import { tileLayer, tileZoom } from "../lib/tile_layer.js";

const SPOT_ZOOM = 16;

export default async function start(element) {
  const { L, map, placed } = await frame(element, { cards: false });
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const said = JSON.parse(element.dataset.said);
  const form = document.querySelector(element.dataset.form ?? "form:not(*)");
  const list = document.querySelector(element.dataset.list ?? "ul:not(*)");
  const chosen = () => new URLSearchParams(form ? [...new FormData(form)].filter(([, value]) => value) : []);

  // Which state of things the list tells: tiles are asked for under it, so that none kept from before is shown.
  let version = list?.querySelector("[data-version]")?.dataset.version ?? "";

  /** What the tiles are asked for: `service` and `status`, however the form puts it. */
  function query() {
    const asked = new URLSearchParams(element.dataset.tilesQuery ?? "");
    const family = chosen().get("family");
    if (family) asked.set("service", Object.keys(said.services).filter((code) => said.services[code][0] === family).join(","));
    const status = said.choices?.[chosen().get("status")];
    if (status) asked.set("status", status);
    if (version) asked.set("v", version);
    return asked.size ? `?${asked}` : "";
  }

  const layer = tileLayer(L, map, {
    said,
    url: (z, x, y) => `${element.dataset.tilesUrl.replace("{z}", z).replace("{x}", x).replace("{y}", y)}${query()}`,
    open: async (latlng, properties, spot) => {
      const inside = await placesOf(element.dataset.placesUrl, properties);
      const told = inside.places?.length ? { url: "", text: properties.near ? properties.text : "" } : {}; // the places say it
      await openCard(L, map, latlng, { ...properties, ...inside, ...told }, element, spot);
    },
    link: (id) => (id && element.dataset.pointUrl ? element.dataset.pointUrl.replace("{id}", id) : ""),
  });

  let turn = 0;

  async function fill(mine) {
    const asked = chosen();
    asked.set("zoom", tileZoom(map));
    asked.set("bbox", map.getBounds().toBBoxString());
    const answer = await fetch(`${element.dataset.listUrl}?${asked}`);
    if (!answer.ok) throw new Error(`${answer.status}`);
    const words = await answer.text();
    if (mine !== turn) return;
    const held = list.contains(document.activeElement);
    // A fragment of our own site, escaped by its template; parsed apart, so that nothing in it can run.
    list.replaceChildren(...new DOMParser().parseFromString(words, "text/html").body.childNodes);
    version = list.querySelector("[data-version]")?.dataset.version ?? "";
    if (held) list.focus({ preventScroll: true });
  }

  async function refresh() {
    const mine = (turn += 1);
    delete element.dataset.shown;
    try {
      await layer.refresh();
      const before = version;
      if (list && mine === turn) await fill(mine);
      if (version !== before && mine === turn) await layer.refresh(); // something was changed since: draw what the list says
      calm(element);
    } catch {
      trouble(element);
    }
    if (mine === turn) element.dataset.shown = ""; // said for tests, which must not be faster than a person
  }

  map.on("moveend", refresh);
  form?.addEventListener("change", refresh);
  list?.addEventListener("click", (event) => {
    const link = event.target.closest("[data-at]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [lat, lon, zoom] = link.dataset.at.split(",").map(Number);
    map.setView([lat, lon], Math.max(zoom, Math.floor(map.getZoom())), { animate: !still });
    element.scrollIntoView({ block: "nearest" });
  });
  you(L, map, element, SPOT_ZOOM);
  if (!placed) map.setView([0, 0], 10);
  await refresh();
}
