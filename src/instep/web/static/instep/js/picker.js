/* Pickers: type a part of a name, choose a record. What is typed and not chosen does not count. */

const SEARCH_AFTER = 120;
let waiting = 0;

const parts = (picker) => ({
  value: picker.querySelector("[data-picker-value]"),
  input: picker.querySelector("[role=combobox]"),
  list: picker.querySelector("[role=listbox]"),
});

const options = (list) => [...list.querySelectorAll("[role=option]")];

function close(picker) {
  const { input, list } = parts(picker);
  list.replaceChildren();
  input.setAttribute("aria-expanded", "false");
  input.removeAttribute("aria-activedescendant");
}

function mark(picker, option) {
  const { input, list } = parts(picker);
  for (const other of options(list)) other.setAttribute("aria-selected", String(other === option));
  if (!option) return;
  input.setAttribute("aria-activedescendant", option.id);
  option.scrollIntoView({ block: "nearest" });
}

function take(picker, key, text) {
  const { value, input } = parts(picker);
  input.value = text;
  picker.dataset.text = text;
  close(picker);
  if (value.value === key) return;
  value.value = key;
  value.dispatchEvent(new Event("change", { bubbles: true }));
}

function ask(picker) {
  const { input, list } = parts(picker);
  const url = `${picker.dataset.url}?q=${encodeURIComponent(input.value)}`;
  window.htmx.ajax("GET", url, { source: list, target: list, swap: "innerHTML" }).then(() => {
    if (document.activeElement !== input) return close(picker);
    input.setAttribute("aria-expanded", "true");
    mark(picker, options(list)[0]);
  });
}

document.addEventListener("focusin", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (picker && picker.dataset.text === undefined) picker.dataset.text = parts(picker).input.value;
});

document.addEventListener("input", (event) => {
  const picker = event.target.closest("[data-picker]");
  if (!picker || event.target !== parts(picker).input) return;
  clearTimeout(waiting);
  waiting = setTimeout(() => ask(picker), SEARCH_AFTER);
});

// In the capturing phase: while the list is open, Enter and Esc are the picker's, not the form's around it.
document.addEventListener(
  "keydown",
  (event) => {
    const picker = event.target.closest?.("[data-picker]");
    if (!picker || event.isComposing) return;
    const { input, list } = parts(picker);
    const all = options(list);
    const at = all.findIndex((option) => option.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!all.length) return ask(picker);
      mark(picker, all[(at + (event.key === "ArrowDown" ? 1 : -1) + all.length) % all.length]);
    } else if (event.key === "Enter" && at >= 0) {
      event.preventDefault();
      event.stopPropagation();
      take(picker, all[at].dataset.value, all[at].dataset.text);
    } else if (event.key === "Enter" && !input.value.trim()) {
      event.preventDefault();
      event.stopPropagation();
      take(picker, "", "");
    } else if (event.key === "Escape" && all.length) {
      event.preventDefault();
      event.stopPropagation();
      input.value = picker.dataset.text ?? "";
      close(picker);
    }
  },
  true,
);

// The press, not the click: by the click the input has lost the focus and the list is gone.
document.addEventListener("mousedown", (event) => {
  const option = event.target.closest("[data-picker] [role=option]");
  if (!option) return;
  event.preventDefault();
  take(option.closest("[data-picker]"), option.dataset.value, option.dataset.text);
});

document.addEventListener("focusout", (event) => {
  const picker = event.target.closest?.("[data-picker]");
  if (!picker) return;
  const { input } = parts(picker);
  clearTimeout(waiting);
  if (!input.value.trim()) take(picker, "", "");
  else input.value = picker.dataset.text ?? "";
  close(picker);
});
