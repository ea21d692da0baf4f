/* Tells screen readers what changed, through the one live region of the page. */

const said = new Map();

export function announce(text) {
  const live = document.getElementById("live");
  if (!live || !text) return;
  live.textContent = "";
  // Emptied first and filled later, or the same sentence twice would be heard once.
  setTimeout(() => {
    live.textContent = text;
  }, 50);
}

// A part may carry what to say when it is swapped in; the same part says the same thing once.
document.addEventListener("htmx:load", (event) => {
  const root = event.target;
  const parts = [...(root.matches("[data-announce]") ? [root] : []), ...root.querySelectorAll("[data-announce]")];
  for (const part of parts) {
    const text = part.dataset.announce;
    const key = part.id || part.closest("[id]")?.id || "";
    if (text && said.get(key) !== text) announce(text);
    if (part.id) said.set(key, text);
  }
});
