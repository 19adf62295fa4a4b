/* A crew's form: what is typed survives a reload, the phone's time and position go along, and what cannot be sent
   now is kept on the phone. Without this script the form is a plain form. */

import { metres } from "../lib/metres.js";
import { keep, send, signInFrom } from "../lib/outbox.js";

const LOCATE_MS = 8000;

function position() {
  return new Promise((done) => {
    if (!navigator.geolocation) return done(null);
    navigator.geolocation.getCurrentPosition(({ coords }) => done(coords), () => done(null), {
      enableHighAccuracy: true, timeout: LOCATE_MS, maximumAge: 0,
    });
  });
}

function drafting(form) {
  const name = form.dataset.draft && `draft-${form.dataset.draft}`;
  if (!name) return { forget() {} };
  const fields = () => [...form.elements].filter((one) => one.name && one.type !== "file" && one.type !== "hidden" && one.tagName !== "BUTTON");
  const isMark = (one) => /radio|checkbox/.test(one.type);
  const isTouched = (one) => {
    if (isMark(one)) return one.checked !== one.defaultChecked;
    if (one.options) return !([...one.options].find((option) => option.defaultSelected) ?? one.options[0])?.selected;
    return one.value !== one.defaultValue;
  };
  const save = () => {
    const held = fields().filter((one) => !isMark(one) || one.checked).map((one) => [one.name, one.value]);
    try {
      localStorage.setItem(name, JSON.stringify(held));
    } catch { /* a full phone keeps no drafts; the form still works */ }
  };
  const restore = () => {
    let held = [];
    try {
      held = JSON.parse(localStorage.getItem(name)) ?? [];
    } catch { /* nothing to restore */ }
    const touched = new Set(fields().filter(isTouched).map((one) => one.name));
    for (const [field, value] of held) {
      for (const one of fields().filter((other) => other.name === field && !touched.has(field))) {
        if (isMark(one)) one.checked ||= one.value === value;
        else one.value = value;
      }
    }
    if (touched.size) save(); // somebody was faster than this script
  };
  restore();
  form.addEventListener("input", save);
  return { forget: () => localStorage.removeItem(name) };
}

function reach(field) {
  const fold = field?.closest("details");
  if (fold) fold.open = true;
  field?.focus();
}

/* What a form's place lacks, in the form's words: any position, or one that is good enough. */
function lacking(form, found) {
  const { placeless, mostM, rough } = form.dataset;
  if (!found) return placeless ?? "";
  return mostM && found.accuracy > Number(mostM) ? rough.replace("{m}", Math.round(found.accuracy)) : "";
}

export default function report(form) {
  const draft = drafting(form);
  // A page that the phone kept is opened again and again; each time it is another report.
  const isCopy = document.documentElement.dataset.copyAt !== undefined;
  if ((isCopy || form.dataset.ownKey !== undefined) && crypto.randomUUID) form.elements.client_key.value = crypto.randomUUID();
  const use = () => (form.dataset.inUse = ""); // a page that is looked at afresh would lose its photos
  for (const touch of ["input", "change"]) form.addEventListener(touch, use);
  const note = form.querySelector("[data-error]");
  let busy = false;

  const say = (words, { gentle = false } = {}) => {
    note.hidden = !words;
    note.classList.toggle("t-bad", !gentle);
    note.classList.toggle("t-road", gentle);
    note.querySelector("span").textContent = words ?? "";
    if (words) note.scrollIntoView({ block: "center" });
  };

  const wait = (button) => {
    const words = button && [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    const was = words?.data;
    button?.setAttribute("aria-busy", "true");
    if (words && button.dataset.busy) words.data = button.dataset.busy;
    return () => {
      button?.removeAttribute("aria-busy");
      if (words) words.data = was;
    };
  };

  // The site would refuse it hours later, when nobody stands there any more.
  function isFar(fields) {
    const held = Object.fromEntries(fields);
    if (!form.dataset.place || held.override || !held.lat || !held.lon) return false;
    const away = Math.round(metres(form.dataset.place.split(",").map(Number), [Number(held.lon), Number(held.lat)]));
    if (away <= Number(form.dataset.reach)) return false;
    say(form.dataset.far.replace("{m}", away));
    form.querySelector("[data-override]").hidden = false;
    return true;
  }

  async function hand(fields, key) {
    const said = await send(form.action, fields);
    if ((said.signIn || said.later) && isFar(fields)) return false;
    if (said.next) {
      draft.forget();
      location.assign(said.next);
      return true;
    }
    if (said.signIn || said.later) {
      try {
        await keep({ key, action: form.action, fields, at: new Date().toISOString(), stop: form.dataset.stop, what: form.dataset.what });
      } catch {
        say(form.dataset.unkept);
        return false;
      }
      draft.forget();
      delete form.dataset.inUse;
      form.dataset.kept = "";
      if (said.signIn) location.assign(signInFrom(said.signIn));
      else if (isCopy && form.dataset.next && form.dataset.next !== location.pathname) {
        location.assign(form.dataset.next); // which is on the phone, as this page is
        return true;
      }
      say(form.dataset.unsent, { gentle: true });
      form.querySelectorAll("button").forEach((one) => (one.disabled = true));
      return true;
    }
    say(said.error);
    const override = form.querySelector("[data-override]");
    if (said.field === "override" && override) override.hidden = false;
    else reach(document.getElementById(said.field));
    return false;
  }

  form.addEventListener("submit", async (event) => {
    if (event.defaultPrevented) return;
    event.preventDefault();
    if (busy) return;
    busy = true;
    use();
    const button = event.submitter ?? form.querySelector("button");
    const rest = wait(button);
    say("");
    if (form.dataset.locate !== undefined) {
      const found = await position();
      form.elements.lat.value = found?.latitude ?? "";
      form.elements.lon.value = found?.longitude ?? "";
      if (form.elements.accuracy) form.elements.accuracy.value = found ? Math.round(found.accuracy) : "";
      const { coordinates } = form.elements;
      const missing = coordinates?.value.trim() ? "" : lacking(form, found);
      if (missing) {
        rest(); // said now, while the crew still stands there, and not when a signal is back
        say(missing);
        reach(coordinates);
        busy = false;
        return;
      }
    }
    form.elements.at.value = new Date().toISOString();
    const fields = [...new FormData(form)];
    if (button?.name) fields.push([button.name, button.value]);
    await hand(fields, form.elements.client_key.value);
    rest();
    busy = false;
  });
}
