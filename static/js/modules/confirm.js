/* A dangerous button asks once: the first press turns it into its question, the second acts. */

const ASKS_FOR_MS = 6000;

export default function confirm(button) {
  const words = [...button.childNodes].find((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
  if (!words) return;
  const was = words.data;
  const said = document.createElement("span");
  said.className = "vh";
  said.setAttribute("role", "status");
  button.after(said);
  let timer;

  const rest = () => {
    clearTimeout(timer);
    button.classList.remove("sure");
    words.data = was;
    said.textContent = "";
  };

  button.addEventListener("click", (event) => {
    if (button.classList.contains("sure")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    button.classList.add("sure");
    words.data = button.dataset.confirm;
    said.textContent = button.dataset.confirm;
    timer = setTimeout(rest, ASKS_FOR_MS);
  });
  button.addEventListener("blur", rest);
  button.addEventListener("keydown", (event) => event.key === "Escape" && rest());
}
