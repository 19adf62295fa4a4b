/* A form of filters that sends itself when a choice changes; its button stays for those without JavaScript. */

function changed(field) {
  const first = [...field.options].find((option) => option.defaultSelected) ?? field.options[0];
  return Boolean(first) && field.value !== first.value;
}

export default function auto(form) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=radio], [type=checkbox], [type=date]")) form.requestSubmit();
  });
  // Whoever chose before this script was there, or came back to a choice, still needs the button.
  if ([...form.querySelectorAll("select")].some(changed)) return;
  for (const button of form.querySelectorAll("[data-auto-hide]")) button.classList.add("vh");
}
