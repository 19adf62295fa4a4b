/* Loads the page again every data-every seconds, but never while somebody is filling in a form on it. Folds that
 * were open are open again.
 */

const folds = () => [...document.querySelectorAll("main details")];

function openAgain(kept) {
  const open = JSON.parse(sessionStorage.getItem(kept) || "[]");
  sessionStorage.removeItem(kept);
  folds().forEach((fold, number) => {
    if (open.includes(number)) fold.open = true;
  });
}

export default function refresh(element) {
  const kept = `folds of ${location.pathname}`;
  let touched = false;
  openAgain(kept);
  document.addEventListener("input", () => {
    touched = true;
  });
  setInterval(() => {
    if (touched || document.visibilityState !== "visible") return;
    const open = folds().flatMap((fold, number) => (fold.open ? [number] : []));
    sessionStorage.setItem(kept, JSON.stringify(open));
    location.reload();
  }, Number(element.dataset.every) * 1000);
}
