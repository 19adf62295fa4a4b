/* Says what is still on the phone and sends it when there is a signal, when the page opens, or at a press. */

import { drop, flush, kept } from "../lib/outbox.js";

export default function queue(element) {
  const said = element.querySelector("[data-said]");
  const refused = element.querySelector("[data-refused-list]");
  const button = element.querySelector("[data-send]");

  function line(report) {
    const item = document.createElement("li");
    const discard = document.createElement("button");
    const which = report.what ? element.dataset.refusedOther.replace("{what}", report.what) : element.dataset.refused.replace("{n}", report.stop);
    item.append(`${which} ${report.refused} `);
    discard.type = "button";
    discard.className = "btn bare";
    discard.textContent = element.dataset.discard;
    discard.addEventListener("click", () => drop(report.key));
    item.append(discard);
    return item;
  }

  async function show() {
    const all = await kept();
    const waiting = all.filter((one) => !one.refused);
    element.hidden = all.length === 0;
    said.textContent = waiting.length ? element.dataset.waiting.replace("{n}", waiting.length) : "";
    button.hidden = waiting.length === 0;
    refused.replaceChildren(...all.filter((one) => one.refused).map(line));
  }

  async function sendAll() {
    const before = (await kept()).filter((one) => !one.refused).length;
    if (!before) return show();
    const signIn = await flush(element.dataset.token);
    if (signIn) {
      said.textContent = element.dataset.signIn;
      return;
    }
    await show();
    if ((await kept()).filter((one) => !one.refused).length < before) location.reload();
  }

  document.addEventListener("outbox-changed", show);
  addEventListener("online", sendAll);
  button.addEventListener("click", sendAll);
  sendAll().catch(() => {}); // a browser without IndexedDB keeps nothing, so there is nothing to send
}
