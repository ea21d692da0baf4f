/* Toasts, what went wrong on the way, and the question of a caution. */

import { announce } from "./announce.js";

const LASTS = 6000;
const LASTS_WITH_ACTION = 15000;
const accepted = new WeakMap();
const asked = new WeakMap();
let asking = null;

function live(toast) {
  if (toast.dataset.tone === "bad") return;
  const lasts = toast.querySelector("a, [data-toast-action]") ? LASTS_WITH_ACTION : LASTS;
  let timer = setTimeout(() => toast.remove(), lasts);
  // Nothing goes away under the pointer or the focus.
  const stay = () => clearTimeout(timer);
  const go = () => {
    clearTimeout(timer);
    timer = setTimeout(() => toast.remove(), LASTS / 2);
  };
  for (const name of ["pointerenter", "focusin"]) toast.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) toast.addEventListener(name, go);
}

export function showToast({ text, tone = "info", action = null }) {
  const holder = document.getElementById("toasts");
  const pattern = document.getElementById("toast-template");
  if (!holder || !pattern) return;
  const shown = [...holder.querySelectorAll("[data-toast]")];
  // A page that looks again by itself while the server is away says so once.
  if (tone === "bad" && shown.some((each) => each.querySelector("[data-toast-words]").textContent === text)) return;
  const toast = pattern.content.querySelector("[data-toast]").cloneNode(true);
  toast.dataset.tone = tone;
  toast.classList.add(`i-tone--${tone}`);
  toast.querySelector("[data-toast-words]").textContent = text;
  const mark = toast.querySelector("svg use");
  const icon = { ok: "check", bad: "alert", ask: "question" }[tone] ?? "info";
  mark.setAttribute("href", mark.getAttribute("href").replace(/#.*/, `#${icon}`));
  if (action) {
    const button = document.createElement(action.method === "post" ? "button" : "a");
    button.className = "i-button i-button--small";
    button.textContent = action.label;
    if (action.method === "post") {
      button.type = "button";
      button.dataset.toastAction = "";
      button.setAttribute("hx-post", action.url);
      button.setAttribute("hx-swap", "none");
    } else {
      button.href = action.url;
    }
    toast.querySelector("[data-toast-close]").before(button);
  }
  holder.append(toast);
  window.htmx.process(toast);
  announce(text);
  live(toast);
}

for (const toast of document.querySelectorAll("[data-toast]")) live(toast);

document.addEventListener("toast", (event) => {
  for (const said of event.detail.toasts ?? []) showToast(said);
});

document.addEventListener("click", (event) => {
  const toast = event.target.closest("[data-toast]");
  if (toast && event.target.closest("[data-toast-close]")) toast.remove();
});

// It goes when the answer has come: an element that is gone hears no answer.
document.addEventListener("htmx:afterRequest", (event) => {
  const { elt, successful } = event.detail;
  if (successful && elt.matches?.("[data-toast-action]")) elt.closest("[data-toast]")?.remove();
});

// An answer that brings no sentence of its own still gets one.
const words = () => document.getElementById("live")?.dataset ?? {};

// What looks by itself has nothing to lose: it looks again later.
const quiet = ({ elt }) => elt.matches?.("[data-quiet]");

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.getResponseHeader("HX-Trigger") || quiet(event.detail)) return;
  const said = { 403: words().forbidden, 404: words().gone }[xhr.status] ?? words().broken;
  showToast({ text: said, tone: "bad" });
});

document.addEventListener("htmx:sendError", (event) => {
  if (!quiet(event.detail)) showToast({ text: words().offline, tone: "bad" });
});

// A caution: ask, and when the person goes ahead send the same thing again with what was accepted.
document.addEventListener("htmx:beforeRequest", (event) => {
  const { elt, requestConfig } = event.detail;
  asked.set(elt, requestConfig.triggeringEvent?.type ?? "click");
});

document.addEventListener("caution", (event) => {
  const dialog = document.getElementById("ask");
  asking = { elt: event.target, codes: event.detail.codes };
  document.getElementById("ask-text").textContent = event.detail.text;
  dialog.showModal();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-ask-accept]") || !asking) return;
  const { elt, codes } = asking;
  accepted.set(elt, codes);
  asking = null;
  document.getElementById("ask").close();
  if (elt.matches("form")) elt.requestSubmit();
  else window.htmx.trigger(elt, asked.get(elt) ?? "click");
});

document.addEventListener("htmx:configRequest", (event) => {
  const codes = accepted.get(event.detail.elt);
  if (!codes) return;
  accepted.delete(event.detail.elt);
  for (const code of codes) event.detail.formData.append("accepted", code);
});
