// Asks once a second whether what is shown has changed, and shows the new state unless somebody has begun to type.
const { watch, version } = document.body.dataset;
let shown = version;

// What was just done is told once: a later look at this address must not tell it again.
const here = new URL(location.href);
const once = ["saved", "added", "same", "removed", "approved", "voided", "paid", "unpaid", "credited", "uncredited", "archived", "restored"];
for (const told of once) here.searchParams.delete(told);
history.replaceState(null, "", here);

const typed = () =>
  document.querySelector("#record [aria-invalid]") !== null ||
  [...document.querySelectorAll("#record :is(input:not([type=hidden]), textarea, select)")].some((box) =>
    box.tagName === "SELECT"
      ? [...box.options].some((option) => option.selected !== option.defaultSelected)
      : box.value !== box.defaultValue,
  );

function place(fresh) {
  const old = document.querySelector("#fresh");
  const next = fresh.querySelector("#fresh");
  if (!old || !next) {
    location.reload(); // the record is gone, or the page is another one now
    return;
  }
  const focus = old.contains(document.activeElement) ? document.activeElement : null;
  const rows = new Set([...old.querySelectorAll("[data-key]")].map((row) => row.dataset.key));
  const values = new Map([...old.querySelectorAll("#record [name]")].map((box) => [box.name, box.value]));
  old.replaceWith(document.adoptNode(next));
  for (const row of next.querySelectorAll("[data-key]")) row.classList.toggle("fresh", !rows.has(row.dataset.key));
  for (const box of next.querySelectorAll("#record [id]"))
    if (values.has(box.name) && values.get(box.name) !== box.value) box.closest(".field").classList.add("fresh");
  for (const part of ["header", "h1", "title"]) {
    const theirs = fresh.querySelector(part);
    const ours = document.querySelector(part);
    if (theirs && ours && theirs.innerHTML !== ours.innerHTML) ours.innerHTML = theirs.innerHTML;
  }
  if (focus) (focus.id ? document.getElementById(focus.id) : next.querySelector(`[href="${focus.getAttribute("href")}"]`))?.focus();
}

async function look() {
  if (document.hidden) return;
  const latest = (await (await fetch(watch)).json()).version;
  if (latest === shown) return;
  if (typed()) {
    document.querySelector("#moved").hidden = false;
    return;
  }
  const page = await (await fetch(location.href)).text();
  if (typed()) return; // begun while the page was on its way
  const fresh = new DOMParser().parseFromString(page, "text/html");
  place(fresh);
  shown = fresh.body.dataset.version ?? latest;
}

let looking = false;
async function tick() {
  if (looking) return;
  looking = true;
  try {
    await look();
  } catch {
    // The sandbox is being restarted: the next second asks again.
  } finally {
    looking = false;
  }
}
setInterval(tick, 1000);
document.addEventListener("visibilitychange", tick);
