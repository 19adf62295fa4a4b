/* Under the pin: what the place is called and what is reported there already. Fetched when pin or kind change; what was
   shown here is not asked again before sending. */

const WAIT_MS = 600;

export default function similar(element) {
  const form = element.closest("form");
  const place = element.querySelector("[data-similar]");
  const [lat, lon] = ["lat", "lon"].map((name) => document.querySelector(element.dataset[name]));
  const again = form.elements.check_similar;
  let timer = null;
  let shown = "";

  const here = () => `${lat.value},${lon.value}`;

  async function fetchNow() {
    if (!lat.value.trim() || !lon.value.trim()) {
      place.replaceChildren();
      return;
    }
    const asked = here();
    const url = new URL(place.dataset.similar, location.href);
    url.search = new URLSearchParams({ lat: lat.value, lon: lon.value, service: form.elements.service?.value ?? "" });
    try {
      const answer = await fetch(url, { headers: { Accept: "text/html" } });
      const words = await answer.text();
      if (asked !== here()) return;
      // A fragment of our own site, escaped by its template; parsed apart, so that nothing in it can run.
      const parsed = new DOMParser().parseFromString(words, "text/html");
      place.replaceChildren(...parsed.body.childNodes);
      shown = answer.ok ? asked : "";
    } catch {
      shown = ""; // no signal: the server asks before it takes the report
    }
  }

  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(fetchNow, WAIT_MS);
  };

  place.addEventListener("click", (event) => {
    if (!event.target.closest("[data-different]")) return;
    event.target.closest(".card").remove();
  });
  document.addEventListener("pin-moved", soon);
  for (const field of [lat, lon]) field.addEventListener("change", soon);
  form.addEventListener("change", (event) => event.target.name === "service" && soon());
  form.addEventListener("submit", () => (again.disabled = shown !== "" && shown === here()), { capture: true });
  addEventListener("pageshow", (event) => event.persisted && (again.disabled = false));
  soon();
}
