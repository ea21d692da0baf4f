/* The sync dot looks again every half minute while somebody can see it, and when they come back to the page. */

const EVERY = 30000;
let looked = Date.now();

function look() {
  const dot = document.querySelector("[data-health]");
  if (!dot || document.hidden || Date.now() - looked < EVERY) return;
  looked = Date.now();
  window.htmx.trigger(dot, "look");
}

setInterval(look, EVERY / 10);
document.addEventListener("visibilitychange", look);
