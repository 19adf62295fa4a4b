/* Says on the list whether the day is on the phone: the service worker tells with the event "day-kept". */

export default function dayKept(element) {
  document.addEventListener("day-kept", ({ detail }) => {
    element.hidden = !detail;
    if (!detail) return;
    const { whole, part } = element.dataset;
    const at = new Date(detail.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    element.querySelector("[data-said]").textContent = (detail.missing ? part : whole).replace("{at}", at).replace("{n}", detail.missing || detail.stops);
  });
}
