/* Mapbox vector tiles as our server writes them: layers of points or polygons with numbers and words as tags. */

const EXTENT = 4096;
const text = new TextDecoder();

/** Yields what a message of Protocol Buffers holds, as [field, number or bytes]. */
function* fields(bytes) {
  let at = 0;
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.length) {
    const key = number();
    if ((key & 7) !== 2) yield [key >> 3, number()];
    else {
      const length = number();
      yield [key >> 3, bytes.subarray(at, (at += length))];
    }
  }
}

/** Numbers written end to end, without keys. */
function numbers(bytes) {
  const found = [];
  let value = 0;
  let factor = 1;
  for (const byte of bytes) {
    value += (byte & 127) * factor;
    factor *= 128;
    if (byte < 128) {
      found.push(value);
      value = 0;
      factor = 1;
    }
  }
  return found;
}

const signed = (number) => (number % 2 ? -(number + 1) / 2 : number / 2);

function read(bytes, names, values) {
  const held = Object.fromEntries(fields(bytes));
  const tags = {};
  const pairs = numbers(held[2] ?? []);
  for (let at = 0; at < pairs.length; at += 2) tags[names[pairs[at]]] = values[pairs[at + 1]];
  return { id: held[1] ?? 0, tags, drawing: numbers(held[4]) };
}

/** Yields what a tile holds, as {id, tags, drawing}: the commands of its geometry. */
function* features(buffer) {
  for (const [part, layer] of fields(new Uint8Array(buffer))) {
    if (part !== 3) continue;
    const names = [];
    const values = [];
    const held = [];
    for (const [field, found] of fields(layer)) {
      if (field === 2) held.push(found);
      else if (field === 3) names.push(text.decode(found));
      else if (field === 4) for (const [kind, value] of fields(found)) values.push(kind === 1 ? text.decode(value) : value);
    }
    for (const one of held) yield read(one, names, values);
  }
}

/** Returns the points that lie in a tile as [{id, x, y, tags}]: x and y from 0 to 1, from its north-west corner. Those
    that only reach into it belong to its neighbours, so that a map of many tiles has each point once. */
export function points(buffer) {
  const found = [];
  for (const { id, tags, drawing } of features(buffer)) {
    const [x, y] = [signed(drawing[1]) / EXTENT, signed(drawing[2]) / EXTENT];
    if (x >= 0 && x < 1 && y >= 0 && y < 1) found.push({ id, x, y, tags });
  }
  return found;
}

/** Returns the polygons of a tile as [{id, tags, rings}]: each ring a flat list of x and y from 0 to 1, from the tile's
    north-west corner, a little beyond its edges. */
export function polygons(buffer) {
  const found = [];
  for (const { id, tags, drawing } of features(buffer)) {
    const rings = [];
    let [x, y] = [0, 0];
    for (let at = 0; at < drawing.length; ) {
      const [command, times] = [drawing[at] & 7, drawing[at] >> 3];
      at += 1;
      if (command === 1) rings.push([]);
      if (command === 7) continue;
      for (let turn = 0; turn < times; turn += 1, at += 2) {
        x += signed(drawing[at]);
        y += signed(drawing[at + 1]);
        rings.at(-1).push(x / EXTENT, y / EXTENT);
      }
    }
    found.push({ id, tags, rings });
  }
  return found;
}
