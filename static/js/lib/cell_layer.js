/* Cells of a hotspot map from vector tiles, painted on canvas in the theme's colours. What is painted can change (a
   step of time, another way to colour) without fetching anything again. */

import { polygons } from "./vector_tiles.js";

const SIDE = 256;
const NAMES = ["hot-90", "hot-95", "hot-99", "cold-90", "cold-95", "cold-99", "hex-none", "ink", "border", "paper"];

/** The theme's colours by band, −3 to 3, and of outlines. */
export function shades() {
  const style = getComputedStyle(document.documentElement);
  const hue = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  const bands = { "-3": hue["cold-99"], "-2": hue["cold-95"], "-1": hue["cold-90"], 0: hue["hex-none"], 1: hue["hot-90"], 2: hue["hot-95"], 3: hue["hot-99"] };
  return { ...hue, bands };
}

function trace(pen, rings, side) {
  pen.beginPath();
  for (const ring of rings) {
    pen.moveTo(ring[0] * side, ring[1] * side);
    for (let at = 2; at < ring.length; at += 2) pen.lineTo(ring[at] * side, ring[at + 1] * side);
    pen.closePath();
  }
}

function paintOne(pen, { rings }, { band, dotted }, hue) {
  trace(pen, rings, SIDE);
  pen.globalAlpha = band === 0 ? 0.55 : 0.88;
  if (!dotted) {
    pen.fillStyle = hue.bands[band];
    pen.fill("evenodd");
  }
  pen.globalAlpha = Math.abs(band) === 3 ? 1 : 0.6;
  pen.strokeStyle = Math.abs(band) === 3 ? hue.ink : hue.border;
  pen.lineWidth = Math.abs(band) === 3 ? 1.4 : 0.6;
  pen.setLineDash(dotted ? [2, 3] : []);
  pen.stroke();
}

function inside(rings, x, y) {
  let odd = false;
  for (const ring of rings) {
    for (let at = 0, before = ring.length - 2; at < ring.length; before = at, at += 2) {
      const [x1, y1, x2, y2] = [ring[at], ring[at + 1], ring[before], ring[before + 1]];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) odd = !odd;
    }
  }
  return odd;
}

/**
 * A Leaflet layer. `url(z, x, y)` is a tile's address; `look(tags)` returns {band, dotted}; `pane` where it is drawn;
 * `failed()` is told when a tile did not come. Adds `repaint()`, `at(latlng)` (the cell under a place) and
 * `mark(id)`, which outlines one cell.
 */
export function cellLayer(L, { url, look, pane = "overlayPane", failed = () => {} }) {
  let hue = shades();
  let marked = 0;
  const held = new Map();

  function paint(tile) {
    const found = held.get(tile);
    const pen = tile.getContext("2d");
    pen.clearRect(0, 0, SIDE, SIDE);
    if (!found) return;
    pen.lineJoin = "round";
    const drawn = found.map((cell) => [cell, look(cell.tags)]);
    drawn.sort(([, one], [, other]) => Math.abs(one.band) - Math.abs(other.band)); // the strongest outline lies on top
    for (const [cell, how] of drawn) paintOne(pen, cell, how, hue);
    for (const cell of found) if (cell.id === marked) outline(pen, cell);
  }

  function outline(pen, { rings }) {
    pen.globalAlpha = 1;
    pen.setLineDash([]);
    trace(pen, rings, SIDE);
    for (const [colour, width] of [[hue.ink, 4], [hue.paper, 1.5]]) {
      pen.strokeStyle = colour;
      pen.lineWidth = width;
      pen.stroke();
    }
  }

  const Cells = L.GridLayer.extend({
    createTile({ x, y, z }, done) {
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      const tile = document.createElement("canvas");
      tile.width = tile.height = SIDE * ratio;
      tile.getContext("2d").scale(ratio, ratio);
      fetch(url(z, x, y))
        .then(async (answer) => {
          if (!answer.ok) throw new Error(answer.status);
          held.set(tile, answer.status === 204 ? [] : polygons(await answer.arrayBuffer()));
          paint(tile);
          done(null, tile);
        })
        .catch((failure) => {
          failed();
          done(failure, tile);
        });
      return tile;
    },
    repaint() {
      hue = shades();
      for (const tile of held.keys()) {
        if (tile.isConnected) paint(tile);
        else held.delete(tile);
      }
    },
    at(latlng) {
      const zoom = this._tileZoom;
      if (zoom === undefined || !this._map) return null;
      const place = this._map.project(latlng, zoom).divideBy(SIDE);
      const corner = place.floor();
      const tile = this._tiles[`${corner.x}:${corner.y}:${zoom}`]?.el;
      return held.get(tile)?.find(({ rings }) => inside(rings, place.x - corner.x, place.y - corner.y)) ?? null;
    },
    mark(id) {
      marked = id;
      this.repaint();
    },
  });
  return new Cells({ pane, maxZoom: 20, updateWhenZooming: false });
}
