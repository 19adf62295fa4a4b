/* Moves a stop up or down without leaving the page. Rows stand in [data-order-rows], each with links [data-move]: first, up,
   down; the form #save holds the ids in `order`. The site is asked what the new order costs or why it cannot be, which is
   said at the thumb; where it does not answer, the rows are moved here and [data-unreckoned] says that it is reckoned later.
   data-begun counts the stops before the rows. An order that still waits on the phone is the one to go on from. */

import { kept } from "../lib/outbox.js";

const PATIENCE_MS = 8000;
const FORM = "save";

function moved(ids, id, move) {
  const others = ids.filter((one) => one !== id);
  const at = ids.indexOf(id);
  const to = { first: 0, up: Math.max(0, at - 1), down: at + 1 }[move];
  return [...others.slice(0, to), id, ...others.slice(to)];
}

async function asked(address, order) {
  const url = new URL(address, location.href);
  url.searchParams.set("urutan", order);
  const answer = await fetch(url, { headers: { Accept: "text/html" }, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok || answer.redirected) return null;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  return page.getElementById(FORM)?.elements.order.value === order ? page : null;
}

const whole = (ids) => [...ids].sort().join(",");

/* Returns the newest order of these stops that waits on the phone, as ids; null without one. */
async function waiting({ action, elements }) {
  const path = (address) => new URL(address, location.href).pathname;
  const reports = (await kept()).filter((one) => !one.refused && path(one.action) === path(action));
  const orders = reports.map(({ fields }) => fields.find(([name]) => name === "order")[1].split(","));
  return orders.filter((ids) => whole(ids) === whole(elements.order.value.split(","))).at(-1) ?? null;
}

export default function stopOrder(element) {
  const form = document.getElementById(FORM);
  const { order, was } = form.elements;
  const said = element.querySelector("[data-said]");
  const part = (name, whole = form) => whole.querySelector(`[data-${name}]`);
  const [refusal, cost, unreckoned, save, unsaved, override] = ["error", "cost", "unreckoned", "save", "unsaved", "override"].map((name) => part(name));
  const numberOf = (place) => Number(element.dataset.begun) + place + 1;
  let turn = 0;

  const row = (id) => element.querySelector(`[data-stop-row="${id}"]`);

  function refuse(words) {
    document.getElementById("errors")?.remove(); // it spoke of the order before
    refusal.hidden = !words;
    refusal.querySelector("span").textContent = words ?? "";
  }

  function show(page) {
    const fresh = page.getElementById(FORM);
    element.querySelector("[data-order-rows]").replaceChildren(...page.querySelector("[data-order-rows]").childNodes);
    cost.replaceChildren(...part("cost", fresh).childNodes);
    unsaved.replaceChildren(...part("unsaved", fresh).childNodes);
    for (const [old, name] of [[save, "save"], [unsaved, "unsaved"], [override, "override"]]) old.hidden = part(name, fresh).hidden;
    refuse(page.querySelector("#errors li")?.textContent);
    unreckoned.hidden = true;
  }

  function showHere(ids) {
    const list = element.querySelector("[data-order-rows]");
    list.replaceChildren(...ids.map(row));
    [...list.children].forEach((item, place) => {
      item.querySelector("[data-place]").textContent = numberOf(place);
      item.querySelector("[data-at]").textContent = "–";
      for (const link of item.querySelectorAll("[data-move]")) link.hidden = link.dataset.move === "down" ? place === ids.length - 1 : place === 0;
    });
    const isNew = order.value !== was.value;
    cost.replaceChildren();
    save.hidden = unreckoned.hidden = !isNew;
    unsaved.hidden = isNew;
    refuse("");
  }

  element.addEventListener("click", async (event) => {
    const link = event.target.closest("[data-move]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const id = link.closest("[data-stop-row]").dataset.stopRow;
    const { move } = link.dataset;
    const ids = moved(order.value.split(","), id, move);
    const mine = ++turn;
    order.value = ids.join(",");
    form.elements.override.checked = false; // it was said of another order
    const answer = await asked(element.dataset.address, order.value).catch(() => null);
    if (mine !== turn) return; // a later press asks for more
    if (answer) show(answer);
    else showHere(ids);
    const item = row(id);
    const same = item.querySelector(`[data-move="${move}"]`);
    (same.hidden ? item.querySelector("[data-move]:not([hidden])") : same).focus();
    const words = { "{name}": item.dataset.name, "{n}": numberOf(ids.indexOf(id)), "{many}": numberOf(ids.length - 1) };
    said.textContent = element.dataset.moved.replace(/\{\w+\}/g, (name) => words[name] ?? name);
  });
  // The site takes reports in turn: the next order follows on the one that waits.
  const goOn = (ids) => {
    if (!ids || turn || order.value !== was.value) return;
    order.value = was.value = ids.join(",");
    showHere(ids);
  };
  return waiting(form).then(goOn).catch(() => {}); // a browser without IndexedDB keeps nothing
}
