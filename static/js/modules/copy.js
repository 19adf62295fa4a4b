/* Copies data-copy, or the text of data-copy-from, and says so with data-copied. */

async function put(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

export default function copy(button) {
  const words = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  const was = words?.data;
  button.addEventListener("click", async (event) => {
    event.preventDefault();
    const from = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
    await put(from ? (from.value ?? from.innerText) : button.dataset.copy);
    if (!words || !button.dataset.copied) return;
    button.setAttribute("aria-live", "polite");
    words.data = button.dataset.copied;
    setTimeout(() => (words.data = was), 3000);
  });
}
