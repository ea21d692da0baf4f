/* The side panel: a record beside its list; the address says which one is open. */

import { announce } from "./announce.js";

let editNext = false;
const panel = () => document.getElementById("panel");

export const panelIsOpen = () => Boolean(panel()?.firstElementChild);

function address(key) {
  const url = new URL(location.href);
  if (key) url.searchParams.set("open", key);
  else url.searchParams.delete("open");
  return url.pathname + url.search;
}

function markRow(key) {
  for (const row of document.querySelectorAll("[data-row][aria-current]")) row.removeAttribute("aria-current");
  if (key) document.getElementById(`row-${key}`)?.setAttribute("aria-current", "true");
}

export function openInPanel(link, { thenEdit = false } = {}) {
  const key = link.dataset.panel;
  const row = link.closest("[data-row]");
  if (row?.hasAttribute("aria-current") && panelIsOpen()) {
    panel().focus();
    return;
  }
  editNext = thenEdit;
  panel().setAttribute("aria-busy", "true");
  markRow(key);
  window.htmx.ajax("GET", link.href, { source: panel(), target: "#panel", swap: "innerHTML", push: address(key) });
}

export function closePanel() {
  const key = new URLSearchParams(location.search).get("open");
  panel().replaceChildren();
  markRow("");
  history.pushState({ htmx: true }, "", address(""));
  document.getElementById(`open-${key}`)?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-panel-close]")) {
    closePanel();
    return;
  }
  const link = event.target.closest("a[data-panel]");
  if (!link || event.defaultPrevented || event.button !== 0) return;
  // A new tab or window is the person's choice; and without a list there is nothing to stand beside.
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !panel() || !document.querySelector("[data-list]")) {
    return;
  }
  event.preventDefault();
  openInPanel(link);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "panel") return;
  panel().removeAttribute("aria-busy");
  panel().scrollTop = 0;
  const heading = panel().querySelector(".i-title__heading")?.textContent.trim();
  if (heading) announce(heading);
  // Over the page (a phone) the focus goes along; beside the list it stays in the list.
  if (getComputedStyle(panel()).position === "fixed") panel().focus({ preventScroll: true });
  if (editNext) panel().querySelector("[data-inline-edit]")?.click();
  editNext = false;
});

document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target.id === "panel") panel().removeAttribute("aria-busy");
});
