/* Waits for something that is being made: asks data-url for {state, progress}, shows the progress, and loads the
   page again when the state is none of data-waits. */

const EVERY_MS = 1000;
const AFTER_FAILURE_MS = 5000;

export default function waiting(element) {
  const waits = element.dataset.waits.split(" ");
  const bar = element.querySelector("progress");
  const value = element.querySelector("[data-value]");
  if (!bar) return;

  async function ask() {
    let pause = EVERY_MS;
    try {
      const answer = await fetch(element.dataset.url, { headers: { Accept: "application/json" } });
      if (!answer.ok) throw new Error(answer.status);
      const { state, progress } = await answer.json();
      bar.value = progress;
      if (value) value.textContent = progress;
      if (!waits.includes(state)) {
        location.reload();
        return;
      }
    } catch {
      pause = AFTER_FAILURE_MS; // the network rests; what is being made goes on
    }
    setTimeout(ask, pause);
  }

  setTimeout(ask, EVERY_MS);
}
