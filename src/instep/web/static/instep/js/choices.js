/* Conflicts by the keyboard: moving from one to the next, keeping a side, undoing the last choice. */

let last = [];

const shown = () => [...document.querySelectorAll("[data-choice]")].filter((each) => each.offsetParent);
const here = () => document.activeElement?.closest("[data-choice]");

function stand(on) {
  on.focus({ preventScroll: true });
  on.scrollIntoView({ block: "nearest" });
}

export function moveInChoices(step) {
  const all = shown();
  if (!all.length) return false;
  const at = all.indexOf(here());
  const next = at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1);
  stand(all[next]);
  return true;
}

export function choose(key) {
  const button = here()?.querySelector(`[data-choose="${key}"]`);
  if (button) button.click();
}

export function undoChoice() {
  while (last.length) {
    const button = document.getElementById(last.pop())?.querySelector("[data-take-back]");
    if (button) return button.click();
  }
}

// Where a choice was made or taken back the row is another one: whoever was on it goes on from there.
document.addEventListener("htmx:beforeSwap", (event) => {
  const row = event.detail.target?.closest?.("[data-choice]");
  if (row && event.detail.shouldSwap) row.dataset.leaving = row.contains(document.activeElement) ? "focus" : "";
});

document.addEventListener("htmx:afterSwap", (event) => {
  // A page that comes back from the history is swapped in without a target.
  const row = document.getElementById(event.detail.target?.id ?? "");
  if (!row?.matches("[data-choice]") || event.detail.target.dataset.leaving === undefined) return;
  const decided = row.querySelector("[data-take-back]");
  if (decided) last.push(row.id);
  if (event.detail.target.dataset.leaving !== "focus") return;
  const all = shown();
  const open = all.slice(all.indexOf(row)).find((each) => each.querySelector("[data-choose]"));
  stand(decided ? (open ?? row) : row);
});
