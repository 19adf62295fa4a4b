/* The list around the reader: asks the phone once, rounds to about 100 m, and opens the page for that place. Started by
   a press on [data-start], and pressed again after a refusal. */

const ROUGH_DECIMALS = 3;
const LONGEST_MS = 15000;

export default function nearMe(element) {
  const button = element.querySelector("[data-start]");
  const status = element.querySelector("[data-status]");

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
        url.searchParams.set("lat", coords.latitude.toFixed(ROUGH_DECIMALS));
        url.searchParams.set("lon", coords.longitude.toFixed(ROUGH_DECIMALS));
        location.assign(url);
      },
      () => {
        button.removeAttribute("aria-busy");
        status.textContent = element.dataset.denied;
      },
      { enableHighAccuracy: false, maximumAge: 120000, timeout: LONGEST_MS },
    );
  }

  button.addEventListener("click", look);
  look();
}
