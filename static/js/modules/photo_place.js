/* A photo that knows its place (photo.js writes it beside the file): it sets an empty pin, and offers itself when the pin
   lies elsewhere. */

import { metres } from "../lib/metres.js";

const NEAR_M = 50;

const spoken = (length) => (length < 1000 ? `${Math.round(length)} m` : `${(length / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })} km`);

export default function photoPlace(element) {
  const [lat, lon, source] = ["lat", "lon", "source"].map((name) => document.querySelector(element.dataset[name]));
  const form = element.closest("form");
  const note = element.querySelector("[data-photo-place]");
  const words = note.querySelector("[data-words]");
  const use = note.querySelector("[data-use]");
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
    note.hidden = !photo || !at;
    if (note.hidden) return;
    const away = metres([at.lon, at.lat], [photo.lon, photo.lat]);
    const fits = away <= NEAR_M;
    note.classList.toggle("t-done", fits);
    note.classList.toggle("t-road", !fits);
    words.textContent = (fits ? note.dataset.fits : note.dataset.offer).replace("{m}", spoken(away));
    use.hidden = fits;
  }

  function read() {
    const lats = [...form.querySelectorAll("[name=photos_lat]")];
    const lons = [...form.querySelectorAll("[name=photos_lon]")];
    const known = lats.findIndex((one, index) => one.value && lons[index].value);
    photo = known < 0 ? null : { lat: Number(lats[known].value), lon: Number(lons[known].value) };
    if (photo && (!pin() || source.value === "photo")) take();
    tell();
  }

  document.addEventListener("pin-moved", tell);
  for (const field of [lat, lon]) field.addEventListener("change", tell);
  use.addEventListener("click", () => {
    source.value = "";
    lat.value = lon.value = "";
    take();
    tell();
  });
  document.addEventListener("photo-placed", ({ target }) => target !== document && setTimeout(read)); // not our own
  form.addEventListener("click", ({ target }) => target.closest(".remove") && setTimeout(read));
  read();
}
