/* A long form as a walk: one part at a time, a bar on top, the phone's back button goes one part back. Without it the
   form is one page. Parts: [data-step] with data-title and data-next; data-need names what the part must have. */

const filled = (form, name) => [...form.querySelectorAll(`[name="${name}"]`)].some((one) => (/radio|checkbox/.test(one.type) ? one.checked : one.value.trim()));

const NEEDS = {
  place: (form) => (filled(form, "lat") && filled(form, "lon")) || ["address", "landmark", "plus_code"].some((name) => filled(form, name)),
  service: (form) => filled(form, "service"),
};

const fault = ".field.t-bad, .error, [aria-invalid]";

export default function steps(form) {
  const parts = [...form.querySelectorAll("[data-step]")];
  const head = document.querySelector(form.dataset.head);
  const title = head.querySelector("[data-title]");
  const marks = [...head.querySelectorAll(".steps li")];
  const [back, forward, send] = ["back", "forward", "send"].map((name) => document.querySelector(`[data-${name}]`));
  let sending = null;
  const faulty = parts.findIndex((part) => part.querySelector(fault));
  let at = faulty < 0 && form.querySelector("#errors") ? parts.length - 1 : Math.max(0, faulty); // sent before, whole

  function show(number, { focus = true } = {}) {
    at = number;
    parts.forEach((part, index) => (part.hidden = index !== at));
    marks.forEach((mark, index) => {
      mark.classList.toggle("on", index <= at);
      if (index === at) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
    });
    title.textContent = parts[at].dataset.title;
    const last = at === parts.length - 1;
    back.hidden = at === 0;
    forward.hidden = last;
    send.hidden = !last;
    if (!last) forward.firstChild.data = parts[at].dataset.next;
    // Map and suggestions wait until their part is looked at.
    parts[at].querySelector("[data-start]")?.click();
    for (const one of parts[at].querySelectorAll("[data-when=asked]")) one.dispatchEvent(new Event("asked"));
    if (last) {
      echo();
      once();
    }
    if (!focus) return;
    scrollTo(0, 0);
    title.focus({ preventScroll: true });
  }

  function complain(part) {
    const note = part.querySelector("[data-missing-note]");
    if (!note) return false;
    note.hidden = NEEDS[part.dataset.need](form);
    if (note.hidden) return false;
    note.focus();
    note.scrollIntoView({ block: "center" });
    return true;
  }

  function once() {
    sending ??= import("./form.js").then(({ default: sentOnce }) => sentOnce(form)); // only the last part sends
  }

  function go(number) {
    history.pushState({ step: number }, "");
    show(number);
  }

  function words(name) {
    if (name === "photos") {
      const count = form.elements.photos.files.length + form.querySelectorAll("[name=kept_photo]:checked").length;
      return count ? String(count) : "";
    }
    if (name === "place") {
      const known = form.querySelector("[data-place-words]")?.textContent;
      return known || ["address", "landmark", "plus_code"].map((one) => form.elements[one]?.value.trim()).find(Boolean) || ["lat", "lon"].map((one) => form.elements[one].value).join(" ").trim();
    }
    return form.querySelector(`[name="${name}"]:checked`)?.closest("label").textContent.trim() ?? "";
  }

  function echo() {
    form.querySelector("[data-echoes]").hidden = false;
    for (const line of form.querySelectorAll("[data-echo]")) line.textContent = words(line.dataset.echo) || line.dataset.none;
  }

  form.noValidate = true;
  title.tabIndex = -1;
  head.querySelector("[data-steps-bar]").hidden = false;
  for (const part of parts) part.querySelector("[data-step-title]").classList.add("vh");
  for (const fold of form.querySelectorAll("[data-words-fold]")) {
    fold.open = Boolean(fold.querySelector(fault)) || [...fold.querySelectorAll("input, select")].some((one) => one.value);
  }
  forward.addEventListener("click", () => complain(parts[at]) || go(at + 1));
  back.addEventListener("click", () => history.back());
  addEventListener("popstate", ({ state }) => show(state?.step ?? 0));
  const relax = () => parts[at].querySelector("[data-missing-note]")?.toggleAttribute("hidden", true);
  form.addEventListener("change", relax);
  document.addEventListener("pin-moved", relax);
  form.addEventListener("submit", (event) => {
    const wrong = parts.findIndex((part) => part.dataset.need && !NEEDS[part.dataset.need](form));
    if (wrong < 0) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    show(wrong);
    complain(parts[wrong]);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input:not([type=file])") || at === parts.length - 1) return;
    event.preventDefault();
    forward.click();
  });
  // A link of the error summary leads into a part that may be hidden.
  form.addEventListener("click", (event) => {
    const target = event.target.closest("a[href^='#']");
    const part = target && document.querySelector(target.getAttribute("href"))?.closest("[data-step]");
    if (part) show(parts.indexOf(part), { focus: false });
  });
  for (let number = 0; number <= at; number += 1) history[number ? "pushState" : "replaceState"]({ step: number }, "");
  show(at, { focus: false });
}
