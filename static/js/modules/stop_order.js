/* Moves a stop up or down without leaving the page. Rows stand in [data-order-rows], each with links [data-move]: first, up,
   down; the form #save holds the ids in `order`. The site is asked what the new order costs; where it does not answer, the
   rows are moved here and [data-unreckoned] says that it is reckoned later. data-begun counts the stops before the rows. */

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

export default function stopOrder(element) {
  const form = document.getElementById(FORM);
  const { order, was } = form.elements;
  const [said, unreckoned] = ["said", "unreckoned"].map((name) => element.querySelector(`[data-${name}]`));
  const errors = () => document.getElementById("errors");
  const numberOf = (place) => Number(element.dataset.begun) + place + 1;
  let turn = 0;

  const row = (id) => element.querySelector(`[data-stop-row="${id}"]`);

  function offer() {
    const isNew = order.value !== was.value;
    form.querySelector("[data-save]").hidden = !isNew;
    form.querySelector("[data-unchanged]").hidden = isNew;
    return isNew;
  }

  function show(page) {
    for (const part of ["[data-order-rows]", "[data-cost]"]) {
      element.querySelector(part).replaceChildren(...page.querySelector(part).childNodes);
    }
    form.querySelector("[data-override]").hidden = page.querySelector(`#${FORM} [data-override]`).hidden;
    offer();
    errors()?.remove();
    const refusal = page.getElementById("errors");
    if (refusal) element.before(refusal);
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
    element.querySelector("[data-cost]").replaceChildren();
    errors()?.remove();
    unreckoned.hidden = !offer();
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
}
