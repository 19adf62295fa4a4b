/* Starts the behaviours that a page asks for: data-module="map" loads ./modules/map.js and calls its default
   export with the element. Several names may stand in one attribute.
   data-when: "now" (as left out), "visible" (near the screen), "tap" (after a press on its [data-start]), "asked"
   (when another module sends it the event "asked"). */

const loaded = new Map();

function load(name) {
  if (!loaded.has(name)) loaded.set(name, import(`./modules/${name}.js`));
  return loaded.get(name);
}

async function start(element) {
  let failed = false;
  for (const name of element.dataset.module.split(" ")) {
    if (!/^[a-z_]+$/.test(name)) continue;
    try {
      // A behaviour may go on for a while: nobody waits for it, but its failure is told as well.
      const begun = (await load(name)).default(element);
      begun?.catch?.((failure) => {
        tell(element, failure);
        throw failure; // for the console
      });
    } catch (failure) {
      tell(element, failure);
      failed = true;
    }
  }
  element.dataset[failed ? "broken" : "ready"] = ""; // said for tests, which must not be faster than a person
}

function tell(element, failure) {
  element.dispatchEvent(new CustomEvent("module-failed", { detail: failure }));
  const status = element.querySelector("[data-status]");
  if (!status || !element.dataset.failed) return;
  status.hidden = false;
  status.textContent = element.dataset.failed;
}

const nearby = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      nearby.unobserve(entry.target);
      start(entry.target);
    }
  },
  { rootMargin: "200px" },
);

function schedule(element) {
  if (element.dataset.started !== undefined) return;
  element.dataset.started = "";
  if (element.dataset.when === "visible") {
    nearby.observe(element);
  } else if (element.dataset.when === "tap") {
    element.querySelector("[data-start]").addEventListener("click", () => start(element), { once: true });
  } else if (element.dataset.when === "asked") {
    element.addEventListener("asked", () => start(element), { once: true });
  } else {
    start(element);
  }
}

/** Start every behaviour under `root`; call it again for markup that arrives later. */
export function startAll(root = document) {
  root.querySelectorAll("[data-module]").forEach(schedule);
}

/* Shortcut letters: data-key on a link, button or field, when nobody is typing. */
function typing(target) {
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && !/^(radio|checkbox)$/.test(target.type);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const wanted = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === event.key.toLowerCase());
  if (!wanted) return;
  if (event.key === "Enter" && document.activeElement !== document.body) return; // Enter belongs to what has the focus
  event.preventDefault();
  if (wanted.matches("a, button, summary")) wanted.click();
  else wanted.focus();
});

/* On a phone the rail is a bar that may be wider than the screen: the page one is on is shown. */
const here = document.querySelector('.rail [aria-current="page"]');
if (here) here.parentElement.scrollLeft = here.offsetLeft - (here.parentElement.clientWidth - here.offsetWidth) / 2;

startAll();
