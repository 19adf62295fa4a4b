/* Shows in a preview what is typed into the blanks of a template: [data-blank] writes into [data-shows]. */

const EMPTY = "…";

export default function preview(form) {
  const show = (field) => {
    for (const shown of form.querySelectorAll("[data-shows]")) {
      if (shown.dataset.shows === field.dataset.blank) shown.textContent = field.value.trim() || EMPTY;
    }
  };
  for (const field of form.querySelectorAll("[data-blank]")) {
    field.addEventListener("input", () => show(field));
    show(field);
  }
}
