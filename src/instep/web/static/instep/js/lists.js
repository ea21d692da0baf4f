/* Lists: moving through rows, opening and ticking them, and filters that search while one types. */

import { openInPanel } from "./panel.js";

const SEARCH_AFTER = 150;
let waiting = 0;

const links = () => [...document.querySelectorAll("[data-row] .i-row__link")].filter((link) => link.offsetParent);

export function moveInList(step) {
  const all = links();
  if (!all.length) return;
  const row = document.activeElement?.closest("[data-row]") ?? document.querySelector("[data-row][aria-current]");
  const at = row ? all.findIndex((link) => row.contains(link)) : -1;
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  all[next].focus({ preventScroll: true });
  all[next].closest("[data-row]").scrollIntoView({ block: "nearest" });
}

export function openRow({ asPage = false, thenEdit = false } = {}) {
  const link = document.activeElement?.closest("[data-row]")?.querySelector(".i-row__link");
  if (!link) return;
  if (asPage || !link.dataset.panel) location.assign(link.href);
  else openInPanel(link, { thenEdit });
}

export function tickRow() {
  const box = document.activeElement?.closest("[data-row]")?.querySelector(".i-tick");
  if (!box) return;
  box.checked = !box.checked;
  box.dispatchEvent(new Event("change", { bubbles: true }));
}

// The whole row is a target for the mouse; what is in it comes first, and so does selecting its text.
document.addEventListener("click", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row || event.defaultPrevented || event.button !== 0) return;
  if (event.target.closest("a, button, input, label, select, summary, .i-cell--tick")) return;
  if (String(getSelection())) return;
  const link = row.querySelector(".i-row__link");
  if (!link) return;
  const same = { bubbles: true, cancelable: true, ctrlKey: event.ctrlKey, metaKey: event.metaKey, shiftKey: event.shiftKey };
  link.dispatchEvent(new MouseEvent("click", same));
});

document.addEventListener("change", (event) => {
  if (!event.target.matches(".i-tick")) return;
  const list = event.target.closest("[data-list]");
  if (!list) return;
  const boxes = [...list.querySelectorAll("tbody .i-tick")];
  const all = list.querySelector("[data-tick-all]");
  if (event.target === all) for (const box of boxes) box.checked = all.checked;
  const count = boxes.filter((box) => box.checked).length;
  if (all) {
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
  }
  const shown = list.querySelector("[data-tick-count]");
  if (shown) shown.textContent = String(count);
});

document.addEventListener("click", (event) => {
  const toggle = event.target.closest("[data-filters-toggle]");
  if (!toggle) return;
  const open = toggle.closest("[data-filters]").toggleAttribute("data-open");
  toggle.setAttribute("aria-expanded", String(open));
});

// Filters: a choice acts at once, a search when the typing pauses.
const ask = (form) => window.htmx.trigger(form, "filter");

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-filters]");
  if (!form || event.target.type !== "search") return;
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(form), SEARCH_AFTER);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-filters]");
  if (!form || event.target.type === "search") return;
  event.target.closest("[data-filter]")?.classList.toggle("i-filter--on", Boolean(event.target.value));
  ask(form);
});

// The address is the state: what the filters do not know (the tab, the sorting) comes along, an empty search does not.
document.addEventListener("htmx:configRequest", (event) => {
  const form = event.target.closest?.("[data-filters]");
  if (!form || event.detail.elt !== form) return;
  const { formData } = event.detail;
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (!formData.has(name) && name !== "page" && name !== "open") formData.set(name, value);
  }
  if (!formData.get("q")) formData.delete("q");
  // What the tab says already needs no saying, and "any" says something only where the tab says otherwise.
  for (const choice of form.querySelectorAll("[data-filter] :is(select, [data-picker-value])")) {
    if (choice.value === (choice.closest("[data-filter]").dataset.told ?? "")) formData.delete(choice.name);
  }
});

// What shows where one is survives a swap of the list.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "list") return;
  const open = new URLSearchParams(location.search).get("open");
  for (const row of document.querySelectorAll("[data-row]")) {
    if (open && row.id === `row-${open}`) row.setAttribute("aria-current", "true");
    else row.removeAttribute("aria-current");
  }
});
