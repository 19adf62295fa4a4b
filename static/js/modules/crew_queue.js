/* Says what is still on the phone and sends it when there is a signal, when the page opens, or at a press. What was
   taken shows on a fresh page; but nobody is taken from a page that they asked for, nor from a form that they fill in. */

import { drop, flush, kept, signInFrom } from "../lib/outbox.js";

export default function queue(element) {
  const said = element.querySelector("[data-said]");
  const refused = element.querySelector("[data-refused-list]");
  const button = element.querySelector("[data-send]");
  const [unsent, sent] = ["unsent", "sent"].map((name) => element.querySelector(`[data-${name}]`));
  let leaving = false;

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
    element.hidden = all.length === 0 && sent.hidden;
    unsent.hidden = all.length === 0;
    said.textContent = waiting.length ? element.dataset.waiting.replace("{n}", waiting.length) : "";
    button.hidden = waiting.length === 0;
    refused.replaceChildren(...all.filter((one) => one.refused).map(line));
  }

  function askToSignIn(address) {
    const link = document.createElement("a");
    link.href = signInFrom(address);
    link.textContent = element.dataset.signIn;
    said.replaceChildren(link);
  }

  /* A page from before the sending tells what is no longer so. A form that was sent from it, or that has a page of its
     own, is not to be filled in again once it was taken. */
  function renew(taken) {
    if (leaving) return;
    if (document.querySelector("form[data-in-use]")) {
      element.hidden = sent.hidden = false;
      return;
    }
    const own = [...document.querySelectorAll("form[data-kept], form[data-draft]")].map((form) => form.action);
    const mine = taken.reverse().find(({ action }) => own.includes(new URL(action, location.href).href));
    if (mine) location.replace(mine.next);
    else location.reload();
  }

  async function sendAll() {
    if (!(await kept()).some((one) => !one.refused)) return show();
    const { signIn, taken } = await flush(element.dataset.token);
    await show();
    if (signIn) askToSignIn(signIn);
    else if (taken.length) renew(taken);
  }

  addEventListener("beforeunload", () => (leaving = true));
  for (const back of ["pageshow", "focus"]) addEventListener(back, () => (leaving = false)); // another application opened, or back
  document.addEventListener("outbox-changed", show);
  addEventListener("online", sendAll);
  button.addEventListener("click", sendAll);
  sendAll().catch(() => {}); // a browser without IndexedDB keeps nothing, so there is nothing to send
}
