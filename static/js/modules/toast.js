/* One toast at a time, 8 seconds, longer while it is pointed at or holds the focus. */

const STAYS_MS = 8000;

function region() {
  let found = document.querySelector(".toasts.floating");
  if (!found) {
    found = document.createElement("div");
    found.className = "toasts floating";
    document.body.append(found);
  }
  return found;
}

export default function toast(element) {
  const home = region();
  const flashed = element.parentElement;
  home.replaceChildren(element);
  // Notes beside it stay in the page; an empty box would leave a strip.
  if (flashed && flashed !== home && !flashed.children.length) flashed.remove();
  const close = element.querySelector("[data-close]");
  close.hidden = false;
  let timer;
  const wait = () => {
    clearTimeout(timer);
    timer = setTimeout(() => element.remove(), STAYS_MS);
  };
  const hold = () => clearTimeout(timer);
  close.addEventListener("click", () => element.remove());
  element.addEventListener("pointerenter", hold);
  element.addEventListener("focusin", hold);
  element.addEventListener("pointerleave", wait);
  element.addEventListener("focusout", wait);
  wait();
}
