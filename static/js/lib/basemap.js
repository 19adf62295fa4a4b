/* The quiet base map: drawn on canvas from one GeoJSON file with the theme's colours; no tile server.
   Features: kind area | street | river | rail | park | boundary; class main | local; name. */

const TILE = 256;

function world([lon, lat]) {
  const sine = Math.sin((lat * Math.PI) / 180);
  return [(TILE * (lon + 180)) / 360, TILE * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI))];
}

function lines(geometry) {
  const { type, coordinates } = geometry;
  if (type === "LineString") return [[coordinates], false];
  if (type === "MultiLineString") return [coordinates, false];
  if (type === "Polygon") return [coordinates, true];
  if (type === "MultiPolygon") return [coordinates.flat(), true];
  return [[], false];
}

/** Turn GeoJSON into parts on the world plane of zoom 0, each with its box. */
export function prepare(collection) {
  const parts = [];
  for (const { geometry, properties } of collection.features) {
    const [paths, closed] = lines(geometry ?? { type: "none" });
    const shape = { kind: properties.kind, main: properties.class === "main", name: properties.name, closed, paths: [], box: [Infinity, Infinity, -Infinity, -Infinity] };
    for (const path of paths) {
      const flat = new Float64Array(path.length * 2);
      path.forEach((point, index) => {
        const [x, y] = world(point);
        flat[2 * index] = x;
        flat[2 * index + 1] = y;
        shape.box = [Math.min(shape.box[0], x), Math.min(shape.box[1], y), Math.max(shape.box[2], x), Math.max(shape.box[3], y)];
      });
      shape.paths.push(flat);
    }
    if (shape.paths.length) parts.push(shape);
    else if (geometry?.type === "Point" && properties.name) {
      const [x, y] = world(geometry.coordinates);
      parts.push({ kind: properties.kind, name: properties.name, at: [x, y], paths: [], box: [x, y, x, y] });
    }
  }
  return parts;
}

const NAMES = ["land", "block", "road", "casing", "river", "park", "rail-line", "line", "ink", "muted", "water", "font"];

export function palette() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
}

const widthMain = (zoom) => 2.2 * 1.45 ** (zoom - 12);
const widthLocal = (zoom) => 0.8 * 1.6 ** (zoom - 13);
const widthRiver = (zoom) => 2 * 1.5 ** (zoom - 12);

function trace(pen, shape, scale, left, top) {
  pen.beginPath();
  for (const path of shape.paths) {
    pen.moveTo(path[0] * scale - left, path[1] * scale - top);
    for (let at = 2; at < path.length; at += 2) pen.lineTo(path[at] * scale - left, path[at + 1] * scale - top);
    if (shape.closed) pen.closePath();
  }
}

/** Paint one square of the map: `left`, `top` in pixels of the zoom's plane. */
export function paint(pen, parts, zoom, left, top, size, colours) {
  const scale = 2 ** zoom;
  const margin = 30;
  const seen = parts.filter(({ box, paths }) => paths.length && box[2] * scale > left - margin && box[0] * scale < left + size + margin && box[3] * scale > top - margin && box[1] * scale < top + size + margin);
  const of = (kind, test = () => true) => seen.filter((part) => part.kind === kind && test(part));
  const fill = (some, colour) => {
    pen.fillStyle = colour;
    for (const part of some) {
      trace(pen, part, scale, left, top);
      pen.fill("evenodd");
    }
  };
  const stroke = (some, colour, width) => {
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    for (const part of some) {
      trace(pen, part, scale, left, top);
      pen.stroke();
    }
  };
  pen.lineJoin = pen.lineCap = "round";
  const bounded = parts.some((part) => part.kind === "boundary" && part.closed);
  pen.fillStyle = bounded ? colours.block : colours.land;
  pen.fillRect(0, 0, size, size);
  fill(of("boundary", (part) => part.closed), colours.land);
  fill(of("park"), colours.park);
  fill(of("river", (part) => part.closed), colours.river);
  stroke(of("river", (part) => !part.closed), colours.river, widthRiver(zoom) * 1.2);
  if (zoom >= 13) stroke(of("area", (part) => part.closed), colours.line, 0.6);
  const local = of("street", (part) => !part.main);
  const main = of("street", (part) => part.main);
  if (zoom >= 16) stroke(local, colours.casing, widthLocal(zoom) + 1.6);
  stroke(main, colours.casing, widthMain(zoom) + 2);
  if (zoom >= 12.5) stroke(local, colours.road, Math.max(0.7, widthLocal(zoom)));
  stroke(main, colours.road, widthMain(zoom));
  pen.setLineDash([6, 5]);
  stroke(of("rail"), colours["rail-line"], 1.4);
  pen.setLineDash([]);
}

/** The grid of painted squares as a Leaflet layer; `repaint()` after a change of theme. */
export function baseLayer(L, parts) {
  let colours = palette();
  const Base = L.GridLayer.extend({
    createTile({ x, y, z }) {
      const ratio = Math.min(2, window.devicePixelRatio || 1);
      const tile = document.createElement("canvas");
      tile.width = tile.height = TILE * ratio;
      const pen = tile.getContext("2d");
      pen.scale(ratio, ratio);
      paint(pen, parts, z, x * TILE, y * TILE, TILE, colours);
      return tile;
    },
    repaint() {
      colours = palette();
      this.redraw();
    },
  });
  return new Base({ updateWhenZooming: false, keepBuffer: 3, maxZoom: 20 });
}
