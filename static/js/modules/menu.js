/* A drop-down made of <details>: closes on Escape and on a press elsewhere. */

export default function menu(details) {
  const shut = (event) => {
    if (details.open && !details.contains(event.target)) details.open = false;
  };
  document.addEventListener("pointerdown", shut);
  document.addEventListener("focusin", shut);
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    details.querySelector("summary").focus();
  });
}
