/* The sync dot and the bell look again every half minute while somebody can see them, and when they come back. */

const EVERY = 30000;
let looked = Date.now();

function look() {
  const parts = document.querySelectorAll("[data-health], [data-look]");
  if (!parts.length || document.hidden || Date.now() - looked < EVERY) return;
  looked = Date.now();
  for (const part of parts) window.htmx.trigger(part, "look");
}

setInterval(look, EVERY / 10);
document.addEventListener("visibilitychange", look);
