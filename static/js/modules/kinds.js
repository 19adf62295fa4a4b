/* Under the words of a report: the kinds they suggest. A tap chooses one; nothing is chosen by itself. Without a signal
   nothing is shown, and the form is as it was. */

const WAIT_MS = 700;
const LEAST_SIGNS = 8;

export default function kinds(element) {
  const form = element.closest("form");
  const field = element.querySelector("textarea");
  const place = element.querySelector("[data-kinds]");
  let timer = null;
  let asked = "";

  const mark = () => {
    for (const one of place.querySelectorAll("[data-choose]")) {
      one.setAttribute("aria-pressed", String(one.dataset.choose === form.elements.service.value));
    }
  };

  async function ask() {
    const words = field.value.trim();
    if (words === asked) return;
    asked = words;
    if (words.length < LEAST_SIGNS) {
      place.replaceChildren();
      return;
    }
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token?.value ?? "");
    body.set("words", words);
    try {
      const answer = await fetch(element.dataset.url, { method: "POST", body, headers: { Accept: "text/html" } });
      const told = answer.ok ? await answer.text() : "";
      if (words !== field.value.trim()) return;
      // A fragment of our own site, escaped by its template; parsed apart, so that nothing in it can run.
      place.replaceChildren(...new DOMParser().parseFromString(told, "text/html").body.childNodes);
      mark();
    } catch {
      asked = "";
    }
  }

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT_MS);
  });
  place.addEventListener("click", (event) => {
    const chosen = event.target.closest("[data-choose]");
    if (!chosen) return;
    const kind = form.elements.service;
    kind.value = chosen.dataset.choose;
    const told = kind instanceof RadioNodeList ? [...kind].find((one) => one.checked) : kind;
    told?.dispatchEvent(new Event("change", { bubbles: true }));
  });
  form.addEventListener("change", mark);
  ask();
}
