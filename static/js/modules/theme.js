/* Light, dark and Mode terik without a page load. The links work alone; the server keeps the choice in its cookie. */

function mark(theme) {
  for (const control of document.querySelectorAll("[data-theme-set]")) {
    const on = control.dataset.themeSet === theme;
    if (control.hasAttribute("aria-pressed")) control.setAttribute("aria-pressed", String(on));
    else if (on) control.setAttribute("aria-current", "true");
    else control.removeAttribute("aria-current");
  }
}

function choose(theme, address) {
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new CustomEvent("theme-changed"));
  mark(theme);
  const url = new URL(address, location.href);
  url.pathname = url.pathname.replace(/[a-z]+$/, theme);
  // Without signal the choice still holds until the next answer from the server.
  fetch(url, { redirect: "manual", keepalive: true }).catch(() => {
    document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  });
}

export default function theme(element) {
  element.addEventListener("click", (event) => {
    const control = event.target.closest("[data-theme-set]");
    if (!control) return;
    event.preventDefault();
    const wanted = control.dataset.themeSet;
    const now = document.documentElement.dataset.theme;
    choose(now === wanted && control.dataset.themeBack ? control.dataset.themeBack : wanted, control.href);
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === " " && event.target.matches("a[role=button]")) {
      event.preventDefault();
      event.target.click();
    }
  });
}
