/* Names on the base map: areas, rivers, streets; haloed, never over one another. */

import { palette } from "./basemap.js";

const TURN = 0.3; // radians a street may bend under its name

/* The longest nearly straight run of a path inside the view: [x, y, angle, length] of its middle, or null. */
function straight(path, scale, left, top, width, height) {
  let best = null;
  let from = 0;
  let heading = null;
  const close = (to) => {
    const [x1, y1, x2, y2] = [path[2 * from] * scale - left, path[2 * from + 1] * scale - top, path[2 * to] * scale - left, path[2 * to + 1] * scale - top];
    const long = Math.hypot(x2 - x1, y2 - y1);
    const x = (x1 + x2) / 2;
    const y = (y1 + y2) / 2;
    if (x > 20 && y > 20 && x < width - 20 && y < height - 20 && (!best || long > best[3])) best = [x, y, Math.atan2(y2 - y1, x2 - x1), long];
  };
  const last = path.length / 2 - 1;
  for (let at = 1; at <= last; at += 1) {
    const turn = Math.atan2(path[2 * at + 1] - path[2 * at - 1], path[2 * at] - path[2 * at - 2]);
    if (heading !== null && Math.abs(Math.atan2(Math.sin(turn - heading), Math.cos(turn - heading))) > TURN) {
      close(at - 1);
      from = at - 1;
      heading = null;
    }
    heading ??= turn;
  }
  close(last);
  return best;
}

function centre(shape) {
  if (shape.at) return shape.at;
  let largest = shape.paths[0];
  for (const path of shape.paths) if (path.length > largest.length) largest = path;
  let [twice, x, y] = [0, 0, 0];
  for (let at = 0; at + 3 < largest.length; at += 2) {
    const cross = largest[at] * largest[at + 3] - largest[at + 2] * largest[at + 1];
    twice += cross;
    x += (largest[at] + largest[at + 2]) * cross;
    y += (largest[at + 1] + largest[at + 3]) * cross;
  }
  return Math.abs(twice) < 1e-12 ? [largest[0], largest[1]] : [x / (3 * twice), y / (3 * twice)];
}

function wanted(shape, zoom) {
  if (!shape.name) return 0;
  if (shape.kind === "area") return zoom >= 12.5 && zoom < 17.5 ? 3 : 0;
  if (shape.kind === "river") return zoom >= 13 ? 2 : 0;
  if (shape.kind === "street" && shape.main) return zoom >= 13.5 ? 2 : 0;
  if (shape.kind === "street") return zoom >= 16 ? 1 : 0;
  return 0;
}

/** Where which name goes: [{text, x, y, angle, font, colour}], important first, one a name. */
export function place(pen, parts, zoom, left, top, width, height, colours) {
  const scale = 2 ** zoom;
  const boxes = [];
  const done = new Set();
  const placed = [];
  const candidates = parts
    .map((shape) => ({ shape, rank: wanted(shape, zoom) }))
    .filter(({ rank, shape }) => rank && shape.box[2] * scale > left && shape.box[0] * scale < left + width && shape.box[3] * scale > top && shape.box[1] * scale < top + height)
    .map((one) => ({ ...one, spot: spot(one.shape) }))
    .filter((one) => one.spot)
    .sort((a, b) => b.rank - a.rank || b.spot[3] - a.spot[3]);

  function spot(shape) {
    if (shape.kind === "area") {
      const [x, y] = centre(shape);
      return [x * scale - left, y * scale - top, 0, Infinity];
    }
    let best = null;
    for (const path of shape.paths) {
      const run = straight(path, scale, left, top, width, height);
      if (run && (!best || run[3] > best[3])) best = run;
    }
    return best;
  }

  for (const { shape, spot: [x, y, slope, long] } of candidates) {
    if (done.has(shape.name) || placed.length > 60) continue;
    const area = shape.kind === "area";
    const font = `${area ? "700 12px" : shape.kind === "river" ? "italic 11px" : "11px"} ${colours.font}`;
    const text = area && zoom >= 15 ? shape.name.toLocaleUpperCase() : shape.name;
    pen.font = font;
    const wide = pen.measureText(text).width;
    if (wide > long * 1.05) continue;
    const angle = slope > Math.PI / 2 ? slope - Math.PI : slope < -Math.PI / 2 ? slope + Math.PI : slope;
    const w = Math.abs(Math.cos(angle)) * wide + Math.abs(Math.sin(angle)) * 14 + 8;
    const h = Math.abs(Math.sin(angle)) * wide + Math.abs(Math.cos(angle)) * 14 + 6;
    const box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
    if (boxes.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
    boxes.push(box);
    done.add(shape.name);
    placed.push({ text, x, y, angle, font, colour: area ? colours.ink : shape.kind === "river" ? colours.water : colours.muted });
  }
  return placed;
}

/** One canvas of names above the streets and below the symbols. */
export function labelLayer(L, parts) {
  const Labels = L.Layer.extend({
    onAdd(map) {
      const pane = map.getPane("labels") ?? map.createPane("labels");
      pane.style.zIndex = 350;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-hide", pane);
      this.canvas.setAttribute("aria-hidden", "true");
      map.on("moveend zoomend resize", this.repaint, this);
      this.repaint();
    },
    onRemove(map) {
      map.off("moveend zoomend resize", this.repaint, this);
      this.canvas.remove();
    },
    repaint() {
      const map = this._map;
      if (!map) return;
      const { x: width, y: height } = map.getSize();
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      const corner = map.getPixelBounds().min;
      this.canvas.width = width * ratio;
      this.canvas.height = height * ratio;
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([0, 0]));
      const pen = this.canvas.getContext("2d");
      pen.scale(ratio, ratio);
      const colours = palette();
      pen.textAlign = "center";
      pen.textBaseline = "middle";
      pen.lineJoin = "round";
      pen.lineWidth = 3;
      pen.strokeStyle = colours.land;
      for (const name of place(pen, parts, map.getZoom(), corner.x, corner.y, width, height, colours)) {
        pen.save();
        pen.font = name.font;
        pen.fillStyle = name.colour;
        pen.translate(name.x, name.y);
        pen.rotate(name.angle);
        pen.strokeText(name.text, 0, 0);
        pen.fillText(name.text, 0, 0);
        pen.restore();
      }
    },
  });
  return new Labels();
}
