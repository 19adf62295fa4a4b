/* The list around the reader: asks the phone once, rounds to about 100 m (or as data-decimals says, where the exact
   place matters and is the reader's own work), and opens the page for that place. Started by
   a press on [data-start], and pressed again after a refusal. */

const ROUGH_DECIMALS = 3;
const LONGEST_MS = 15000;

export default function nearMe(element) {
  const button = element.querySelector("[data-start]");
  const status = element.querySelector("[data-status]");
  const exact = element.dataset.decimals !== undefined;
  const decimals = exact ? Number(element.dataset.decimals) : ROUGH_DECIMALS;

  function look() {
    if (!navigator.geolocation) {
      status.textContent = element.dataset.denied;
      return;
    }
    status.textContent = element.dataset.looking;
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        const url = new URL(button.dataset.url, location.href);
        url.searchParams.set("lat", coords.latitude.toFixed(decimals));
        url.searchParams.set("lon", coords.longitude.toFixed(decimals));
        location.assign(url);
      },
      () => {
        button.removeAttribute("aria-busy");
        status.textContent = element.dataset.denied;
      },
      { enableHighAccuracy: exact, maximumAge: exact ? 0 : 120000, timeout: LONGEST_MS },
    );
  }

  button.addEventListener("click", look);
  look();
}
