/* Requests from vector tiles: bubbles that never overlap, and single ones near by. Tiles are drawn 512 px wide, where
   the server keeps bubbles 40 px apart; between two whole zooms they are drawn larger, never smaller. */

import { place } from "./map_frame.js";
import { bubble, pin } from "./symbols.js";
import { points } from "./vector_tiles.js";

const HIT_PX = 28; // squares of this side never overlap where middles are 40 px apart
const PIN_PX = 40;
const DAY_MS = 864e5;
const PARTS = [["open", "var(--amber)"], ["in_progress", "var(--teal)"], ["repaired", "var(--green)"], ["ended", "var(--border)"]];
const WORSE = [["severity:3", "var(--red)"], ["severity:2", "var(--amber)"], ["severity:1", "var(--border)"]];
const DRAWN_AS = { in_progress: "planned", planned: "planned", repaired: "done", ended: "done" };

export const tileZoom = (map) => Math.max(0, Math.floor(map.getZoom()) - 1);

/**
 * Draw on `map`. `said`: {language, services: {code: [family, icon, name]}, groups: {code: words}, cluster: "{n} …",
 * below: "{n} …"}; `url(zoom, x, y)`, empty where nothing is wanted; `open(latlng, properties, marker)` shows a card;
 * `link(id)` is the address of a report, for staff. Properties: title, text, url; `id` of a report, or `near`, the
 * middle of a bubble that no zoom takes apart and the zoom of its tile.
 * Returns {refresh}: call it after a change of what `url` asks for; it settles, with the number of symbols, when
 * everything is drawn.
 */
export function tileLayer(L, map, { said, url, open, link = () => "" }) {
  const drawn = new Map();
  const short = new Intl.NumberFormat(said.language, { notation: "compact", maximumFractionDigits: 1 });
  const long = new Intl.NumberFormat(said.language);
  const day = new Intl.DateTimeFormat(said.language, { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
  let turn = 0;

  function wanted() {
    const zoom = tileZoom(map);
    const corner = (latlng) => map.project(latlng, zoom).divideBy(256).floor();
    const view = map.getBounds();
    const [first, last] = [corner(view.getNorthWest()), corner(view.getSouthEast())];
    const found = new Map();
    for (let y = first.y; y <= last.y; y += 1) for (let x = first.x; x <= last.x; x += 1) found.set(url(zoom, x, y), { zoom, x, y });
    found.delete("");
    return found;
  }

  async function fetched(address) {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
    return answer.status === 204 ? [] : points(await answer.arrayBuffer());
  }

  const shares = (tags) => (WORSE.some(([name]) => tags[name]) ? WORSE : PARTS); // the public is told no severity
  const parted = (tags) => shares(tags).filter(([name]) => tags[name]).map(([name]) => `${long.format(tags[name])} ${said.groups[name].toLowerCase()}`).join(", ");

  function single(latlng, { id, tags }) {
    const [family, icon, name] = said.services[tags.service] ?? ["drain", "warning", said.services.other?.[2] ?? ""];
    const properties = { title: name, text: `${said.groups[tags.status]}, ${day.format(tags.day * DAY_MS)}`, url: link(id), id };
    const drawing = pin({ family, icon, severity: tags.severity || 2, state: DRAWN_AS[tags.status] ?? "open", size: PIN_PX });
    return place(L, latlng, drawing, { size: [HIT_PX, HIT_PX], className: "sym wide", label: `${properties.title}, ${properties.text}`, press: (spot) => open(latlng, properties, spot) });
  }

  function together(latlng, { tags }, zoom) {
    const few = tags.below;
    const count = few ?? tags.count;
    const drawing = bubble({
      count,
      text: few ? `<${few}` : short.format(count).replace(/\s/g, ""),
      radius: few ? 12 : Math.min(20, 12 + 3 * Math.log10(count)),
      parts: few ? [[1, "var(--border)", 4]] : shares(tags).map(([name, hue]) => [tags[name] ?? 0, hue, 4]),
    });
    const words = (few ? said.below : said.cluster).replace("{n}", long.format(count));
    const label = few ? words : `${words}: ${parted(tags)}`;
    const press = (spot) => {
      if (map.getZoom() < map.getMaxZoom()) map.setView(latlng, Math.min(map.getMaxZoom(), Math.floor(map.getZoom()) + 2));
      else open(latlng, { title: words, text: parted(tags), near: [latlng.lng, latlng.lat, zoom] }, spot);
    };
    return place(L, latlng, drawing, { size: [HIT_PX, HIT_PX], className: "sym wide", label, press });
  }

  function symbol({ zoom, x, y }, one) {
    const latlng = map.unproject(L.point(x + one.x, y + one.y).multiplyBy(256), zoom);
    return (one.tags.service && (one.tags.count ?? 1) === 1 ? single : together)(latlng, one, zoom);
  }

  function exchange(needed, arrived) {
    const held = document.activeElement;
    for (const [address, group] of drawn) {
      if (needed.has(address)) continue;
      group.remove();
      drawn.delete(address);
    }
    for (const [address, found] of arrived) drawn.set(address, L.layerGroup(found.map((one) => symbol(needed.get(address), one))).addTo(map));
    if (held && !held.isConnected) map.getContainer().focus({ preventScroll: true }); // what was pressed has become several
  }

  async function refresh() {
    const mine = (turn += 1);
    const needed = wanted();
    const missing = [...needed.keys()].filter((address) => !drawn.has(address));
    const arrived = await Promise.all(missing.map(async (address) => [address, await fetched(address)]));
    if (mine === turn) exchange(needed, arrived);
    return [...drawn.values()].reduce((many, group) => many + group.getLayers().length, 0);
  }

  return { refresh };
}
