/* The command palette: pages, records and actions from anywhere. The server finds; this moves and opens. */

const dialog = () => document.getElementById("palette");
const input = () => document.getElementById("palette-input");
const lines = () => [...document.querySelectorAll("#palette-results [role=option]")];

export function openPalette() {
  if (!dialog() || dialog().open) return;
  dialog().showModal();
  input().select();
  window.htmx.trigger(input(), "palette:open");
}

function choose(line) {
  for (const other of lines()) other.setAttribute("aria-selected", String(other === line));
  if (!line) {
    input().removeAttribute("aria-activedescendant");
    return;
  }
  input().setAttribute("aria-activedescendant", line.id);
  line.scrollIntoView({ block: "nearest" });
}

const chosen = () => lines().find((line) => line.getAttribute("aria-selected") === "true");

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-open-palette]")) openPalette();
});

document.addEventListener("keydown", (event) => {
  if (event.target.id !== "palette-input" || event.isComposing) return;
  const all = lines();
  const at = all.indexOf(chosen());
  if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    const step = event.key === "ArrowDown" ? 1 : -1;
    choose(all[(at + step + all.length) % all.length]);
  } else if (event.key === "Enter" && at >= 0) {
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) window.open(all[at].href, "_blank", "noopener");
    else location.assign(all[at].href);
  }
});

document.addEventListener("mousemove", (event) => {
  const line = event.target.closest?.("#palette-results [role=option]");
  if (line && line !== chosen()) choose(line);
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id === "palette-results") choose(lines()[0]);
});
