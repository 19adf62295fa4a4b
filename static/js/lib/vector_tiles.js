/* Mapbox vector tiles as our server writes them: layers of points with numbers and words as tags. */

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

function point(bytes, names, values) {
  const held = Object.fromEntries(fields(bytes));
  const tags = {};
  const pairs = numbers(held[2] ?? []);
  for (let at = 0; at < pairs.length; at += 2) tags[names[pairs[at]]] = values[pairs[at + 1]];
  const [, x, y] = numbers(held[4]).map((number, at) => (at ? signed(number) : number));
  return { id: held[1] ?? 0, x: x / EXTENT, y: y / EXTENT, tags };
}

/** Returns the points that lie in a tile as [{id, x, y, tags}]: x and y from 0 to 1, from its north-west corner. Those
    that only reach into it belong to its neighbours, so that a map of many tiles has each point once. */
export function points(buffer) {
  const found = [];
  for (const [part, layer] of fields(new Uint8Array(buffer))) {
    if (part !== 3) continue;
    const names = [];
    const values = [];
    const features = [];
    for (const [field, held] of fields(layer)) {
      if (field === 2) features.push(held);
      else if (field === 3) names.push(text.decode(held));
      else if (field === 4) for (const [kind, value] of fields(held)) values.push(kind === 1 ? text.decode(value) : value);
    }
    for (const one of features) found.push(point(one, names, values));
  }
  return found.filter(({ x, y }) => x >= 0 && x < 1 && y >= 0 && y < 1);
}
