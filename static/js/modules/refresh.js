/* Loads the page again every data-every seconds, but never while somebody is filling in a form on it. */

export default function refresh(element) {
  let touched = false;
  document.addEventListener("input", () => {
    touched = true;
  });
  setInterval(() => {
    if (!touched && document.visibilityState === "visible") location.reload();
  }, Number(element.dataset.every) * 1000);
}
