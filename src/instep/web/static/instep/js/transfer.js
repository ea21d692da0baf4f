/* The preview of a transfer: totals follow the ticks, and nothing is sent while a ticked row needs a person. */

const money = (minor, currency) => {
  const form = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
  return form.format(minor / 10 ** form.resolvedOptions().maximumFractionDigits);
};

function count(group) {
  const lines = [...group.querySelectorAll("[data-line]")];
  // What goes along with other lines has no box of its own, unless it needs a person.
  const ticked = lines.filter((line) => line.querySelector("[name=line]")?.checked ?? true);
  const sums = new Map();
  for (const line of ticked) {
    if (!line.dataset.currency) continue;
    sums.set(line.dataset.currency, (sums.get(line.dataset.currency) ?? 0) + Number(line.dataset.minor));
  }
  const shown = group.querySelector("[data-group-count]");
  const text = shown.dataset.groupCount.replace("{n}", ticked.length).replace("{m}", lines.length);
  shown.textContent = ticked.length === lines.length ? String(lines.length) : text;
  const totals = [...sums].sort().map(([currency, minor]) => money(minor, currency));
  group.querySelector("[data-group-total]").textContent = totals.join(", ");
  const all = group.querySelector("[data-group-all]");
  if (all) {
    all.checked = ticked.length === lines.length;
    all.indeterminate = ticked.length > 0 && ticked.length < lines.length;
  }
  return ticked;
}

function follow(form) {
  const ticked = [...form.querySelectorAll("[data-group]")].flatMap(count);
  const troubled = ticked.some((line) => "trouble" in line.dataset);
  const nothing = ticked.every((line) => line.closest("[data-group=beside]"));
  const state = form.querySelector("[data-transfer-state]");
  const { ready, errors, none } = state.dataset;
  state.textContent = nothing ? none : troubled ? errors : ready;
  const send = form.querySelector("[data-transfer-send]");
  if (send) send.disabled = nothing || troubled;
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-transfer]");
  if (!form) return;
  if (event.target.matches("[data-group-all]")) {
    const boxes = event.target.closest("[data-group]").querySelectorAll("[name=line]");
    for (const box of boxes) box.checked = event.target.checked;
  }
  follow(form);
});

// A second click closes what the first one opened, without asking again.
document.addEventListener("htmx:beforeRequest", (event) => {
  const opener = event.detail.elt;
  const more = opener.dataset?.opens && document.getElementById(opener.dataset.opens);
  if (!more) return;
  opener.setAttribute("aria-expanded", String(!more.firstElementChild));
  if (!more.firstElementChild) return;
  event.preventDefault();
  more.replaceChildren();
});

const begin = () => {
  const form = document.querySelector("[data-transfer]");
  if (form && form.querySelector("[data-trouble]")) follow(form);
};
document.addEventListener("DOMContentLoaded", begin);
document.addEventListener("htmx:load", begin);
begin();
