/* A form of filters that sends itself when a choice changes; its button stays for those without JavaScript. */

export default function auto(form) {
  form.addEventListener("change", (event) => {
    if (event.target.matches("select, [type=radio], [type=checkbox], [type=date]")) form.requestSubmit();
  });
  for (const button of form.querySelectorAll("[data-auto-hide]")) button.classList.add("vh");
}
