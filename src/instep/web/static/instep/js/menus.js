/* Menus, dialogs and the theme. */

const menus = () => [...document.querySelectorAll("details[data-menu][open]")];

export function closeMenus(except = null) {
  let closed = false;
  for (const menu of menus()) {
    if (menu === except) continue;
    const had = menu.contains(document.activeElement);
    menu.open = false;
    if (had) menu.querySelector("summary").focus();
    closed = true;
  }
  return closed;
}

export function openDialog(id) {
  const dialog = document.getElementById(id);
  closeMenus();
  if (dialog && !dialog.open) dialog.showModal();
}

document.addEventListener("click", (event) => {
  const inside = event.target.closest("details[data-menu]");
  // What is chosen closes its menu too.
  closeMenus(event.target.closest(".i-menu__item") ? null : inside);
  if (event.target.closest("[data-open-keys]")) openDialog("keys");
  if (event.target.closest("[data-dialog-close]")) event.target.closest("dialog").close();
  // A press on the veil is a press on the dialog itself, outside what it holds.
  if (event.target.matches("dialog[open]")) {
    const box = event.target.getBoundingClientRect();
    const out =
      event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (out) event.target.close();
  }
});

// Up and down walk through an open menu; leaving it with Tab closes it.
document.addEventListener("keydown", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (!menu || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
  const items = [...menu.querySelectorAll(".i-menu__item, .i-theme__choice")];
  if (!items.length) return;
  event.preventDefault();
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items[(at + step + items.length) % items.length].focus();
});

document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// The theme changes at once; the server keeps it for the next page.
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-theme-form]");
  const choice = event.submitter;
  if (!form || !choice) return;
  event.preventDefault();
  const root = document.documentElement;
  if (choice.value === "system") delete root.dataset.theme;
  else root.dataset.theme = choice.value;
  for (const other of form.querySelectorAll("[name=theme]")) other.setAttribute("aria-pressed", String(other === choice));
  const body = new FormData(form, choice);
  fetch(form.action, { method: "POST", body, headers: { "X-Requested-With": "fetch" }, credentials: "same-origin" }).catch(
    () => {},
  );
});
