/* Keys: single letters act where nothing is being typed; a person may switch them off. */

import { announce } from "./announce.js";
import { openPalette } from "./palette.js";
import { closePanel, panelIsOpen } from "./panel.js";
import { closeMenus, openDialog } from "./menus.js";
import { choose, moveInChoices, undoChoice } from "./choices.js";
import { moveInList, openRow, tickRow } from "./lists.js";

const OFF = "instep.keys-off";
const GO_WITHIN = 1200;
const mac = /mac|iphone|ipad/i.test(navigator.platform);
let goUntil = 0;

const typing = (element) => element.closest?.("textarea, select, [contenteditable], input:not([type=checkbox], [type=radio])");

function areOff() {
  try {
    return localStorage.getItem(OFF) === "1";
  } catch {
    return false;
  }
}

function edit() {
  const here = document.activeElement?.closest("[data-inline]")?.querySelector("[data-inline-edit]");
  const panel = document.getElementById("panel");
  const scope = panelIsOpen() ? panel : document.getElementById("main");
  const target = here ?? scope?.querySelector("[data-inline-edit]");
  if (target) target.click();
  else if (document.activeElement?.closest("[data-row]")) openRow({ thenEdit: true });
}

function search() {
  const input = document.querySelector("[data-list-search]");
  if (!input) return openPalette();
  input.focus();
  input.select();
}

const KEYS = {
  "/": search,
  j: () => moveInChoices(1) || moveInList(1),
  k: () => moveInChoices(-1) || moveInList(-1),
  1: () => choose("1"),
  2: () => choose("2"),
  u: undoChoice,
  o: () => openRow({ asPage: true }),
  x: tickRow,
  e: edit,
  "?": () => openDialog("keys"),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing) return;
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
    event.preventDefault();
    openPalette();
    return;
  }
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (closeMenus()) return;
    if (event.target.matches("[data-list-search]")) event.target.blur();
    else if (!typing(event.target) && panelIsOpen()) closePanel();
    return;
  }
  if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || areOff()) return;
  if (performance.now() < goUntil) {
    goUntil = 0;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key.toLowerCase())}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") {
    goUntil = performance.now() + GO_WITHIN;
    return;
  }
  if (Object.hasOwn(KEYS, event.key)) {
    event.preventDefault();
    KEYS[event.key]();
  }
});

// Single keys get in the way of speech input, so they can be switched off in the list of keys.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-single-keys]")) return;
  try {
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "1");
  } catch {
    announce("");
  }
});

function dress(root) {
  for (const box of root.querySelectorAll("[data-single-keys]")) box.checked = !areOff();
  if (!mac) return;
  for (const key of root.querySelectorAll("[data-key-mod]")) key.textContent = key.textContent.replace("Ctrl ", "⌘");
}

dress(document);
document.addEventListener("htmx:load", (event) => dress(event.target));
