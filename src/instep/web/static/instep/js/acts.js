/* What is done with a record: small forms beside it, and the record drawn anew afterwards without losing one's place. */

let opener = null;
let place = null;

const slot = () => document.getElementById("act");

// What opened the form; in a menu that closed meanwhile, the button of the menu.
function back() {
  const found = opener?.isConnected ? opener : document.getElementById(opener?.id ?? "");
  const target = found?.checkVisibility() ? found : found?.closest("details")?.querySelector("summary");
  target?.focus({ preventScroll: true });
}

function leave() {
  if (!slot()?.firstElementChild) return false;
  slot().replaceChildren();
  back();
  return true;
}

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.target?.id === "act" && !slot()?.contains(event.detail.elt)) opener = event.detail.elt;
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-act-close]") || !slot()?.contains(event.target)) return;
  event.preventDefault();
  leave();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented || !slot()?.contains(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (leave()) {
    event.preventDefault();
    event.stopPropagation();
  }
});

// What was asked for stands where it is looked for.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "act") event.target.scrollIntoView({ block: "nearest" });
});

// Done: the form has served.
document.addEventListener("record:moved", () => slot()?.replaceChildren());

// The record is drawn anew: where one had scrolled to stays, and a focus that stood in it does not fall out.
const redraws = (event) => event.detail.requestConfig?.triggeringEvent?.type === "record:moved";
const drawn = () => document.getElementById(place.id);

document.addEventListener("htmx:beforeSwap", (event) => {
  const target = event.detail.target;
  if (!redraws(event) || !["main", "panel"].includes(target?.id)) return;
  const free = document.activeElement === document.body || slot()?.contains(document.activeElement);
  place = { id: target.id, top: target.scrollTop, within: free || target.contains(document.activeElement) };
});

document.addEventListener("htmx:afterSettle", () => {
  if (!place) return;
  drawn().scrollTop = place.top;
  if (place.within && document.activeElement === document.body) {
    drawn().querySelector(".i-title__actions :is(summary, button, a)")?.focus({ preventScroll: true });
  }
  place = null;
});
