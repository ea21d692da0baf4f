/* "5 min ago" stays true while the page is open. */

const MINUTE = 60;
const HOUR = 3600;

function refresh() {
  const live = document.getElementById("live");
  if (!live) return;
  for (const time of document.querySelectorAll("time[data-ago]")) {
    const seconds = Math.floor((Date.now() - Date.parse(time.dateTime)) / 1000);
    // Older than some hours, the server's words (yesterday, a date) hold until the next page.
    if (seconds < 0 || seconds >= 6 * HOUR) continue;
    if (seconds < MINUTE) time.textContent = live.dataset.now;
    else if (seconds < HOUR) time.textContent = live.dataset.minutes.replace("0", Math.floor(seconds / MINUTE));
    else if (/^\d/.test(time.textContent)) time.textContent = live.dataset.hours.replace("0", Math.floor(seconds / HOUR));
  }
}

setInterval(refresh, 20000);
