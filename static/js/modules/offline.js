/* The page without a signal: says what waits on this phone, and tries again when the network is back. */

import { kept } from "../lib/outbox.js";

const EVERY_MS = 10_000;

/* A network that is back is no site yet: the page goes on only where the site answers. */
async function look(url) {
  try {
    if ((await fetch(url, { cache: "no-store" })).ok) location.reload();
  } catch {
    // still nothing
  }
}

const at = (moment) => new Date(moment).toLocaleTimeString("id", { hour: "2-digit", minute: "2-digit" });

export default async function offline(element) {
  addEventListener("online", () => look(element.dataset.url));
  setInterval(() => look(element.dataset.url), EVERY_MS);
  const all = await kept().catch(() => []);
  if (!all.length) return;
  element.hidden = false;
  for (const part of element.querySelectorAll("[data-words]")) part.textContent = part.dataset.words.replace("{n}", all.length);
  element.querySelector("[data-list]").replaceChildren(
    ...all.map((report) => {
      const line = document.createElement("li");
      line.textContent = `${report.what ?? element.dataset.stop.replaceAll("{n}", report.stop)} · ${at(report.at)}`;
      return line;
    }),
  );
}
