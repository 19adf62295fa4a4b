// supercluster and vt-pbf on the complaints and tiles that tiles.py wrote; prints one JSON object.
// node --expose-gc tiles_peer.mjs FOLDER MODULES LOADS REPEATS
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, modules, loads, repeats] = process.argv.slice(2);
const supercluster = pathToFileURL(path.join(modules, "supercluster", "index.js"));
const { default: Supercluster } = await import(supercluster);
const vtpbf = createRequire(path.join(modules, "vt-pbf", "package.json"))("vt-pbf");

const floats = (name) => {
  const bytes = fs.readFileSync(path.join(folder, name));
  return new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8);
};
const held = () => {
  global.gc();
  const used = process.memoryUsage();
  return used.heapUsed + used.arrayBuffers;
};

const places = floats("places.f8");
const tiles = floats("tiles.f8");
const before = held();
const features = [];
for (let k = 0; k < places.length; k += 2) {
  const coordinates = [places[k], places[k + 1]];
  features.push({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates } });
}
const withFeatures = held();

let index;
const load_s = [];
const load_wall_s = [];
for (let k = 0; k < Number(loads); k++) {
  index = new Supercluster({ radius: 40, extent: 512, maxZoom: 16 });
  const began = process.cpuUsage();
  const beganAt = performance.now();
  index.load(features);
  load_wall_s.push((performance.now() - beganAt) / 1e3);
  const used = process.cpuUsage(began);
  load_s.push((used.user + used.system) / 1e6);
}
const withIndex = held();

const spent = () => {
  const used = process.cpuUsage();
  return used.user + used.system;
};
const passes = [];
let counts = 0;
let bytes = 0;
for (let pass = 0; pass <= Number(repeats); pass++) {
  const tile_us = [];
  for (let k = 0; k < tiles.length; k += 3) {
    const began = spent();
    const tile = index.getTile(tiles[k], tiles[k + 1], tiles[k + 2]) ?? { features: [] };
    const body = vtpbf.fromGeojsonVt({ requests: tile }, { version: 2 });
    tile_us.push(spent() - began);
    if (pass === 0) {
      bytes += body.length;
      counts += tile.features.length;
    }
  }
  if (pass > 0) passes.push(tile_us); // the first one warms up the compiler
}
const n = tiles.length / 3;
console.log(JSON.stringify({
  load_s, load_wall_s, passes, bytes: bytes / n, features: counts / n,
  index_mb: (withIndex - withFeatures) / 1e6, held_mb: (withIndex - before) / 1e6,
  node: process.version,
}));
