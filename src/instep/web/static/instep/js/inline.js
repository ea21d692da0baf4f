/* Fields edited in place: saved when left or with Enter, as they were with Esc; the focus is never lost. */

const before = new Map();
let focusAfter = "";

const formOf = (element) => element?.closest?.("[data-inline-form]");
const stateOf = (form) => new URLSearchParams(new FormData(form)).toString();

function leaveAsItWas(form) {
  const shown = before.get(form.id);
  if (shown) {
    form.outerHTML = shown;
    const back = document.getElementById(form.id);
    window.htmx.process(back);
    back.querySelector("[data-inline-edit]")?.focus();
  } else {
    focusAfter = form.id;
    window.htmx.ajax("GET", form.getAttribute("hx-post"), { target: `#${CSS.escape(form.id)}`, swap: "outerHTML" });
  }
}

function save(form) {
  if (form.classList.contains("htmx-request")) return;
  if (form.contains(document.activeElement)) focusAfter = form.id;
  form.requestSubmit();
}

// A field that is about to become a form is kept, so that Esc needs nobody's answer.
document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  if (!target?.matches("[data-inline]")) return;
  const shown = target.cloneNode(true);
  for (const mark of shown.querySelectorAll(".i-save")) mark.remove();
  before.set(target.id, shown.outerHTML);
});

document.addEventListener("htmx:load", (event) => {
  const form = event.target.matches("[data-inline-form]") ? event.target : null;
  if (form) {
    form.dataset.was = stateOf(form);
    const refused = form.querySelector("[aria-invalid=true]");
    const input = form.querySelector("[autofocus]");
    if (refused && focusAfter !== form.id) return;
    input?.focus({ preventScroll: false });
    if (input?.matches("input:not([type=date])")) input.select();
    focusAfter = "";
    return;
  }
  const field = event.target.matches("[data-inline]") ? event.target : null;
  if (!field) return;
  before.delete(field.id);
  if (focusAfter === field.id) field.querySelector("[data-inline-edit]")?.focus({ preventScroll: true });
  focusAfter = "";
});

document.addEventListener("keydown", (event) => {
  const form = formOf(event.target);
  if (!form || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape") {
    event.preventDefault();
    event.stopPropagation();
    leaveAsItWas(form);
  } else if (event.key === "Enter" && (event.target.tagName !== "TEXTAREA" || event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    if (stateOf(form) === form.dataset.was && !form.querySelector("[aria-invalid=true]")) leaveAsItWas(form);
    else save(form);
  }
});

document.addEventListener("change", (event) => {
  const form = formOf(event.target);
  if (form && event.target.matches("select, [data-picker-value]")) save(form);
});

document.addEventListener("focusout", (event) => {
  const form = formOf(event.target);
  if (!form || form.contains(event.relatedTarget)) return;
  // Later, so that a click that leaves the field lands first.
  setTimeout(() => {
    if (!form.isConnected || form.contains(document.activeElement) || document.querySelector("dialog[open]")) return;
    if (form.classList.contains("htmx-request") || form.querySelector(".i-picker__list [role=option]")) return;
    if (stateOf(form) !== form.dataset.was) form.requestSubmit();
    else if (!form.querySelector("[aria-invalid=true]")) {
      const shown = before.get(form.id);
      if (!shown) return;
      form.outerHTML = shown;
      window.htmx.process(document.getElementById(form.id));
    }
  }, 60);
});
