/* The one next step of a stop, also of what the site does not know yet: a report that waits on the phone counts as done.
   Each step stands in the page in its own [data-step]: planned, on_the_way, photo, finish; [data-ended] says that nothing
   is left to do here but to send. */

import { waitingByStop } from "../lib/stop_reports.js";

function stepOf(status, hasPhoto) {
  if (status === "arrived") return hasPhoto ? "finish" : "photo";
  return status;
}

export default function next(element) {
  const { stop, status, hasPhoto } = element.dataset;
  const [steps, ended] = ["step", "ended"].map((name) => [...element.querySelectorAll(`[data-${name}]`)]);

  async function show() {
    const waiting = (await waitingByStop()).get(stop);
    if (!waiting && element.dataset.shown === undefined) return; // the page is right as it came
    element.dataset.shown = "";
    const now = stepOf(waiting?.status || status, hasPhoto !== undefined || waiting?.kinds.includes("before_photo"));
    for (const step of steps) step.hidden = step.dataset.step !== now;
    for (const one of ended) one.hidden = now !== "completed" && now !== "blocked";
  }

  document.addEventListener("outbox-changed", () => show().catch(() => {}));
  show().catch(() => {}); // a browser without IndexedDB keeps nothing
}
