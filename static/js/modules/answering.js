/* Tells the others that somebody is writing an answer, and says when somebody else is; chips fill the field. */

const EVERY_MS = 45_000;

export default function answering(form) {
  const field = form.querySelector("textarea");
  const said = document.querySelector("[data-answering]");
  let last = 0;

  async function tell() {
    if (Date.now() - last < EVERY_MS) return;
    last = Date.now();
    const body = new FormData();
    body.set("csrf_token", form.elements.csrf_token.value);
    try {
      const answer = await fetch(form.dataset.answeringUrl, {
        method: "POST",
        body,
        headers: { accept: "application/json" },
      });
      const told = await answer.json();
      said.hidden = answer.status !== 409;
      if (answer.status === 409) said.querySelector("span").textContent = told.who;
    } catch {
      last = 0; // without a network nobody can be told; the server refuses a second answer anyway
    }
  }

  form.addEventListener("input", tell);
  for (const chip of form.querySelectorAll("[data-fill]")) {
    chip.addEventListener("click", () => {
      field.value = chip.dataset.words;
      field.focus();
      tell();
    });
  }
}
