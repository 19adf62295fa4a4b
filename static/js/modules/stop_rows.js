/* Marks the stops of a list of which a report waits on the phone. Rows carry data-stop-id, with [data-waits] to be shown. */

import { waitingByStop } from "../lib/stop_reports.js";

export default function rows(element) {
  async function show() {
    const waiting = await waitingByStop();
    for (const mark of element.querySelectorAll("[data-waits]")) mark.hidden = !waiting.has(mark.dataset.waits);
  }

  document.addEventListener("outbox-changed", () => show().catch(() => {}));
  show().catch(() => {});
}
