/* A photo that knows its place: it sets an empty pin, and offers itself when the pin lies elsewhere. */

const NEAR_M = 50;
const METRES_PER_DEGREE = 111320;

function metres(a, b) {
  const north = (a.lat - b.lat) * METRES_PER_DEGREE;
  const east = (a.lon - b.lon) * METRES_PER_DEGREE * Math.cos((a.lat * Math.PI) / 180);
  return Math.hypot(north, east);
}

const spoken = (length) => (length < 1000 ? `${Math.round(length)} m` : `${(length / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} km`);

export default function photoPlace(element) {
  const [lat, lon, source] = ["lat", "lon", "source"].map((name) => document.querySelector(element.dataset[name]));
  const words = element.querySelector("[data-words]");
  const use = element.querySelector("[data-use]");
  let photo = null;

  const pin = () => (lat.value && lon.value ? { lat: Number(lat.value.replace(",", ".")), lon: Number(lon.value.replace(",", ".")) } : null);

  function take() {
    lat.value = photo.lat.toFixed(6);
    lon.value = photo.lon.toFixed(6);
    source.value = "photo";
    document.dispatchEvent(new CustomEvent("photo-placed", { detail: photo })); // a running map moves its pin
    lat.dispatchEvent(new Event("input", { bubbles: true }));
    document.dispatchEvent(new CustomEvent("pin-moved", { detail: { ...photo, source: "photo" } }));
  }

  function tell() {
    const at = pin();
    element.hidden = !photo || !at;
    if (element.hidden) return;
    const away = metres(at, photo);
    const fits = away <= NEAR_M;
    element.classList.toggle("t-done", fits);
    element.classList.toggle("t-road", !fits);
    words.textContent = (fits ? element.dataset.fits : element.dataset.offer).replace("{m}", spoken(away));
    use.hidden = fits;
  }

  document.addEventListener("photo-placed", ({ detail }) => {
    if (photo === detail) return;
    photo = detail;
    if (!pin() || source.value === "photo") take();
    tell();
  });
  document.addEventListener("pin-moved", tell);
  for (const field of [lat, lon]) field.addEventListener("change", tell);
  use.addEventListener("click", () => {
    source.value = "";
    lat.value = lon.value = "";
    take();
    tell();
  });
}
