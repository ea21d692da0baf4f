/* The preview of a transfer: totals follow the ticks, what depends on a line that is left out stays behind with it, and
   nothing is sent while a ticked row needs a person. */

const money = (minor, currency) => {
  const form = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency });
  return form.format(minor / 10 ** form.resolvedOptions().maximumFractionDigits);
};

const boxOf = (line) => line.querySelector("[name=line]");

// What somebody took the tick away from; what stays behind with it follows from that.
function leftOut(form) {
  const lines = [...form.querySelectorAll("[data-line]")];
  const out = lines.filter((line) => !("stays" in line.dataset) && boxOf(line) && !boxOf(line).checked);
  return out.map((line) => line.dataset.no);
}

function stay(line, why) {
  const box = boxOf(line);
  const was = "stays" in line.dataset;
  if (!why && !was) return;
  if (was) line.nextElementSibling.remove();
  if (box) [box.checked, box.disabled] = [!why, Boolean(why)];
  if (!why) {
    delete line.dataset.stays;
    return;
  }
  line.dataset.stays = "";
  const note = document.createElement("tr");
  note.className = "i-line__note i-line__stays";
  const cell = note.insertCell();
  [cell.colSpan, cell.className, cell.textContent] = [8, "i-cell--wrap i-muted", why];
  line.after(note);
}

// The server says what stays behind, by the rule that sending goes by.
let asked = 0;
async function ask(form) {
  const out = leftOut(form);
  const turn = ++asked;
  const answer = { stays: {} };
  form.dataset.asks = "asking";
  follow(form);
  try {
    if (out.length) {
      const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
      const body = new URLSearchParams({ out: out.join(","), csrfmiddlewaretoken: token });
      const reply = await fetch(form.dataset.staysUrl, { method: "POST", body });
      if (!reply.ok) throw new Error(reply.status);
      Object.assign(answer, await reply.json());
    }
  } catch {
    if (turn !== asked) return;
    form.dataset.asks = "lost";
    follow(form);
    return;
  }
  if (turn !== asked) return;
  delete form.dataset.asks;
  for (const line of form.querySelectorAll("[data-line]")) stay(line, answer.stays[line.dataset.no]);
  follow(form);
}

function count(group) {
  const lines = [...group.querySelectorAll("[data-line]")];
  // What goes along with other lines has no box of its own, unless it needs a person.
  const ticked = lines.filter((line) => !("stays" in line.dataset) && (boxOf(line)?.checked ?? true));
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
  const { asks } = form.dataset;
  state.textContent = asks ? state.dataset[asks] : nothing ? none : troubled ? errors : ready;
  const send = form.querySelector("[data-transfer-send]");
  if (send) send.disabled = nothing || troubled || Boolean(asks);
}

document.addEventListener("change", (event) => {
  const form = event.target.closest?.("[data-transfer]");
  if (!form) return;
  if (event.target.matches("[data-group-all]")) {
    const boxes = event.target.closest("[data-group]").querySelectorAll("[name=line]");
    for (const box of boxes) if (!box.disabled) box.checked = event.target.checked;
  }
  ask(form);
});

// What goes is said by what stays: one field for any number of lines.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("[data-transfer]")) return;
  event.formData.delete("line");
  event.formData.set("out", leftOut(event.target).join(","));
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
  if (!form) return;
  if (leftOut(form).length) ask(form);
  else if (form.querySelector("[data-trouble]")) follow(form);
};
document.addEventListener("DOMContentLoaded", begin);
document.addEventListener("htmx:load", begin);
begin();
