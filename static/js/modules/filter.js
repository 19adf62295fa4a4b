/* Chips that narrow a list: data-list names it, rows carry data-filter="road open". A row without the chosen word
   hides; [data-none] in the list shows when nothing is left; a map with the same data-list follows. */

export default function filter(element) {
  const list = document.querySelector(element.dataset.list);
  if (!list) return;
  const none = list.querySelector("[data-none]");

  const apply = () => {
    const chosen = [...element.querySelectorAll("input:checked")].map((one) => one.value).filter(Boolean);
    let left = 0;
    for (const row of list.querySelectorAll("[data-filter]")) {
      const words = row.dataset.filter.split(" ");
      row.hidden = !chosen.every((word) => words.includes(word));
      if (!row.hidden) left += 1;
    }
    if (none) none.hidden = left > 0;
    document.dispatchEvent(new CustomEvent("list-filtered", { detail: { list: element.dataset.list, chosen } }));
  };

  element.addEventListener("change", apply);
  apply();
}
