/* What waits on the phone about each stop: the state that the crew has brought it to, which the site does not know yet. */

import { kept } from "./outbox.js";

const STATES = { left: "on_the_way", arrived: "arrived", completed: "completed", blocked: "blocked" };

function kindOf({ action, fields }) {
  const path = new URL(action, location.href).pathname;
  if (path.endsWith("/selesai")) return "completed";
  if (path.endsWith("/tidak-bisa")) return "blocked";
  return fields.find(([name]) => name === "kind")?.[1] ?? "";
}

function stopOf({ action }) {
  return /\/titik\/(\d+)\//.exec(new URL(action, location.href).pathname)?.[1];
}

/** Return, by stop: {status, kinds} of the reports that wait, oldest first; those that were refused do not count. */
export async function waitingByStop() {
  const found = new Map();
  for (const report of (await kept()).filter((one) => !one.refused)) {
    const stop = stopOf(report);
    if (!stop) continue;
    const held = found.get(stop) ?? { status: "", kinds: [] };
    const kind = kindOf(report);
    found.set(stop, { status: STATES[kind] ?? held.status, kinds: [...held.kinds, kind] });
  }
  return found;
}
