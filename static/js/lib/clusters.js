/* Light clustering on the page: points nearer than `radius_px` on this zoom's pixel plane become one bubble.
   The first point in order seeds the cluster, so the same points give the same bubbles. */

function cellOf(x, y, size) {
  return `${Math.floor(x / size)}:${Math.floor(y / size)}`;
}

/**
 * points: [{x, y, count, heavy, medium, light, …}] in pixels at one zoom.
 * Returns [{x, y, count, heavy, medium, light, members}], members being the points; a lone point keeps its own place.
 */
export function clusters(points, radius_px = 40) {
  const grid = new Map();
  points.forEach((point, index) => {
    const key = cellOf(point.x, point.y, radius_px);
    if (!grid.has(key)) grid.set(key, []);
    grid.get(key).push(index);
  });
  const taken = new Uint8Array(points.length);
  const found = [];
  points.forEach((seed, index) => {
    if (taken[index]) return;
    const members = near(seed, points, grid, taken, radius_px);
    for (const one of members) taken[one] = 1;
    found.push(merge(members.map((one) => points[one])));
  });
  return found;
}

function near(seed, points, grid, taken, radius_px) {
  const column = Math.floor(seed.x / radius_px);
  const row = Math.floor(seed.y / radius_px);
  const members = [];
  for (let dx = -1; dx <= 1; dx += 1) {
    for (let dy = -1; dy <= 1; dy += 1) {
      for (const index of grid.get(`${column + dx}:${row + dy}`) ?? []) {
        const other = points[index];
        if (!taken[index] && Math.hypot(other.x - seed.x, other.y - seed.y) <= radius_px) members.push(index);
      }
    }
  }
  return members;
}

function merge(members) {
  const sum = { x: 0, y: 0, count: 0, heavy: 0, medium: 0, light: 0 };
  for (const one of members) {
    sum.x += one.x * one.count;
    sum.y += one.y * one.count;
    for (const part of ["count", "heavy", "medium", "light"]) sum[part] += one[part];
  }
  return { ...sum, x: sum.x / sum.count, y: sum.y / sum.count, members };
}
