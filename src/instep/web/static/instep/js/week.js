/* The week grid: moving by keys, sums, one more row, what was refused under its row, forms that go by themselves. */

import { announce } from "./announce.js";
import { change } from "./cells.js";

const gridOf = (element) => element?.closest?.("[data-week]");
const clock = (minutes) => `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
const minutesOf = (cells) => [...cells].reduce((sum, cell) => sum + Number(cell.dataset.minutes), 0);

function sum(form) {
  const put = (place, minutes, none) => {
    if (place) place.textContent = minutes ? clock(minutes) : none;
  };
  for (const row of form.querySelectorAll("[data-cell-row]")) {
    put(row.querySelector("[data-sum-row]"), minutesOf(row.querySelectorAll("[data-cell]")), "");
  }
  for (const place of form.querySelectorAll("[data-sum-day]")) {
    const none = place.matches("td") ? "" : "–";
    put(place, minutesOf(form.querySelectorAll(`[data-cell][data-day="${place.dataset.sumDay}"]`)), none);
  }
  put(form.querySelector("[data-sum-all]"), minutesOf(form.querySelectorAll("[data-cell]")), "0:00");
}

// The sentences stand under the row, each with its day in front.
function tell(row) {
  const place = row.querySelector("[data-says]");
  const lines = [...row.querySelectorAll("[data-problem]")].map((input) => {
    const line = document.createElement("div");
    const day = document.createElement("strong");
    day.textContent = `${input.closest("[data-cell]").dataset.label} `;
    line.append(day, input.dataset.problem);
    input.setAttribute("aria-describedby", place.id);
    return line;
  });
  place?.replaceChildren(...lines);
}

document.addEventListener("cells:answered", (event) => {
  const form = gridOf(event.target);
  if (!form) return;
  const problems = [];
  for (const [name, said] of Object.entries(event.detail.cells ?? {})) {
    const input = form.elements[name];
    if (!input) continue;
    const cell = input.closest("[data-cell]");
    if (said.problem) problems.push(said.problem);
    else {
      cell.dataset.minutes = said.minutes;
      cell.classList.toggle("i-week__cell--draft", Boolean(said.minutes));
    }
    tell(input.closest("[data-cell-row]"));
  }
  sum(form);
  if (problems.length) announce(problems.join(" "));
});

function move(input, down, across) {
  const form = gridOf(input);
  const rows = [...form.querySelectorAll("[data-cell-row]")];
  const row = rows.indexOf(input.closest("[data-cell-row]"));
  const day = Number(input.closest("[data-cell]").dataset.day);
  let [at, on] = [row, day];
  for (;;) {
    at += down;
    on += across;
    if (at < 0 || at >= rows.length || on < 0 || on > 6) return false;
    const next = rows[at].querySelector(`[data-cell][data-day="${on}"] [data-saves]`);
    if (next?.checkVisibility()) {
      next.focus();
      next.select();
      return true;
    }
  }
}

document.addEventListener("keydown", (event) => {
  const input = event.target;
  if (!gridOf(input) || event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" && input.matches("[data-saves], [data-describes]")) {
    // Enter goes down and never sends the whole form.
    event.preventDefault();
    if (!input.matches("[data-saves]") || !move(input, event.shiftKey ? -1 : 1, 0)) {
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
    return;
  }
  if (!input.matches("[data-saves]") || event.shiftKey) return;
  const whole = input.selectionStart === 0 && input.selectionEnd === input.value.length;
  const ways = {
    ArrowUp: [-1, 0, true],
    ArrowDown: [1, 0, true],
    ArrowLeft: [0, -1, whole || input.selectionEnd === 0],
    ArrowRight: [0, 1, whole || input.selectionStart === input.value.length],
  };
  const way = ways[event.key];
  if (way?.[2] && move(input, way[0], way[1])) event.preventDefault();
  else if (event.key === "Escape" && input.value !== input.defaultValue) input.value = input.defaultValue;
});

document.addEventListener("focusin", (event) => {
  const input = event.target;
  if (gridOf(input) && input.matches("[data-saves]")) {
    input.defaultValue = input.value;
    input.select();
  }
});

// Another description is another text of every entry of the row.
document.addEventListener("change", (event) => {
  if (!gridOf(event.target) || !event.target.matches("[data-describes]")) return;
  for (const input of event.target.closest("[data-cell-row]").querySelectorAll("[data-saves]")) {
    if (input.value.trim()) change(input);
  }
});

// What is saved need not be sent again with the whole form: only what was refused goes along.
document.addEventListener("formdata", (event) => {
  const form = gridOf(event.target);
  if (!form) return;
  for (const name of [...event.formData.keys()]) {
    const cell = /^(?:t|id|v)\.(\d+\.\d)$/.exec(name)?.[1];
    if (cell && !form.elements[`t.${cell}`]?.hasAttribute("aria-invalid")) event.formData.delete(name);
  }
});

async function add(form, picker) {
  const value = picker.querySelector("[data-picker-value]");
  const phase = value.value;
  if (!phase) return;
  const at = Math.max(-1, ...[...form.querySelectorAll("[data-cell-row]")].map((row) => Number(row.id.slice(4)))) + 1;
  const said = new URLSearchParams({ phase, at, week: form.elements.week.value });
  const response = await fetch(`${form.dataset.rowUrl}?${said}`, { credentials: "same-origin" });
  if (!response.ok) return;
  const box = document.createElement("template");
  box.innerHTML = (await response.text()).trim();
  const row = [...box.content.children].find((each) => each.matches("[data-cell-row]"));
  form.querySelector("tfoot").before(row);
  form.querySelector(".i-week__none")?.remove();
  value.value = "";
  picker.querySelector("[role=combobox]").value = "";
  picker.dataset.text = "";
  // The address holds it too: a reload keeps the row.
  const url = new URL(location.href);
  url.searchParams.append("add", phase);
  history.replaceState(history.state, "", url);
  const first = [...row.querySelectorAll("[data-saves]")].find((input) => input.checkVisibility());
  (first ?? row.querySelector("[data-describes]"))?.focus();
}

document.addEventListener("change", (event) => {
  const form = gridOf(event.target);
  const picker = event.target.closest?.("[data-picker]");
  if (form && picker && event.target.matches("[data-picker-value]")) add(form, picker);
});

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("form[data-goes]");
  const counts = event.target.matches("[data-picker-value], input[type=date], select");
  if (form && counts && event.target.value) form.requestSubmit();
});

for (const row of document.querySelectorAll("[data-week] [data-cell-row]")) tell(row);
