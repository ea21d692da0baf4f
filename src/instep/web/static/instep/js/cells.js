/* Cells that save themselves: what is changed is sent when it is left, one answer at a time, and nothing typed is lost. */

import { announce } from "./announce.js";
import { showToast } from "./toasts.js";

const SOON = 40;
const AGAIN = 4000;
const states = new WeakMap();
const open = new Set();

const formOf = (element) => element?.closest?.("[data-cells]");

function stateOf(form) {
  if (!states.has(form)) states.set(form, { dirty: new Set(), busy: false, waiting: 0, done: [] });
  return states.get(form);
}

function say(form, key) {
  const place = form.querySelector("[data-cells-state]");
  if (!place) return;
  place.textContent = place.dataset[key];
  place.dataset.tone = key;
}

function settled(form) {
  const refused = form.querySelector("[data-saves][aria-invalid=true]");
  say(form, refused ? "waits" : "saved");
  open.delete(form);
  const { done } = stateOf(form);
  for (const resolve of done.splice(0)) resolve();
}

function message(form, inputs) {
  const body = new URLSearchParams();
  const put = (field) => {
    if (!body.has(field.name)) body.set(field.name, field.value);
  };
  put(form.elements.csrfmiddlewaretoken);
  for (const field of form.querySelectorAll("[data-always]")) put(field);
  for (const input of inputs) {
    put(input);
    for (const field of input.closest("[data-cell]")?.querySelectorAll("input[type=hidden]") ?? []) put(field);
    for (const field of input.closest("[data-cell-row]")?.querySelectorAll("[data-with]") ?? []) put(field);
  }
  return body;
}

// Outside a grid, which says it under its row, the sentence stands below what it speaks of.
function write(input, problem) {
  if (formOf(input).matches("[data-week]")) return;
  const id = `${input.name}-says`;
  let place = document.getElementById(id);
  if (problem && !place) {
    place = document.createElement("span");
    place.className = "i-doc__says";
    place.id = id;
    input.after(place);
    input.setAttribute("aria-describedby", id);
  }
  if (place) place.textContent = problem;
  if (problem) announce(problem);
}

function mark(input, problem) {
  write(input, problem);
  if (problem) {
    input.setAttribute("aria-invalid", "true");
    input.dataset.problem = problem;
  } else {
    input.removeAttribute("aria-invalid");
    delete input.dataset.problem;
  }
}

function take(form, answer, sent) {
  for (const [name, value] of Object.entries(answer.values ?? {})) {
    if (form.elements[name]) form.elements[name].value = value;
  }
  for (const [input, typed] of sent) {
    const said = answer.cells?.[input.name];
    if (!said) continue;
    // What was typed while the answer was under way is newer than the answer.
    if (input.value === typed && !said.problem && document.activeElement !== input) input.value = said.value;
    mark(input, said.problem);
  }
  for (const [id, text] of Object.entries(answer.texts ?? {})) {
    const place = document.getElementById(id);
    if (place) place.textContent = text;
  }
  // What follows from it, such as totals and history, draws itself anew.
  if (answer.changed) document.body.dispatchEvent(new CustomEvent("record:changed", { bubbles: true, detail: {} }));
  form.dispatchEvent(new CustomEvent("cells:answered", { bubbles: true, detail: answer }));
}

async function send(form) {
  const state = stateOf(form);
  if (state.busy) return;
  if (!state.dirty.size || !form.isConnected) return settled(form);
  const sent = new Map([...state.dirty].map((input) => [input, input.value]));
  const body = message(form, state.dirty);
  state.dirty.clear();
  state.busy = true;
  say(form, "saving");
  try {
    const headers = { "X-Requested-With": "fetch" };
    const response = await fetch(form.dataset.cells, { method: "POST", body, headers, credentials: "same-origin" });
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    const answer = isJson ? await response.json() : {};
    if (response.ok && isJson) take(form, answer, sent);
    else {
      const words = document.getElementById("live")?.dataset ?? {};
      showToast({ text: answer.sentence ?? (response.status === 403 ? words.forbidden : words.broken), tone: "bad" });
      for (const input of sent.keys()) mark(input, answer.sentence ?? words.broken);
    }
  } catch {
    for (const input of sent.keys()) state.dirty.add(input);
    state.busy = false;
    say(form, "away");
    setTimeout(() => send(form), AGAIN);
    return;
  }
  state.busy = false;
  send(form);
}

export function change(input) {
  const form = formOf(input);
  const state = stateOf(form);
  state.dirty.add(input);
  open.add(form);
  say(form, "saving");
  clearTimeout(state.waiting);
  state.waiting = setTimeout(() => send(form), SOON);
}

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-saves]") && formOf(event.target)) change(event.target);
});

// A button of the form waits until everything typed has its answer.
document.addEventListener("submit", (event) => {
  const form = formOf(event.target);
  if (!form) return;
  const state = stateOf(form);
  if (!state.dirty.size && !state.busy) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  state.done.push(() => form.requestSubmit(event.submitter));
  send(form);
});

window.addEventListener("beforeunload", (event) => {
  if (open.size) event.preventDefault();
});
