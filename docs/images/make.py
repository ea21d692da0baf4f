"""Makes the pictures of this folder from a demo that was just started on an empty data folder and is still running.

    python3 run.py demo --port 8000 --data EMPTY_FOLDER
    .venv/bin/python docs/images/make.py [http://127.0.0.1:8000] [http://127.0.0.1:8001]

It needs the development set-up (`python3 run.py check` makes it) and Chromium. It gives the second demo firm another
account, to have a first link to preview.
"""

from __future__ import annotations

import os
import sys
import urllib.request
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).resolve().parent
ACCOUNT = HERE.parent / "tutorial" / "second-account.json"
CHROMIUM = os.environ.get("INSTEP_CHROMIUM", "/usr/bin/chromium")
QUIET = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync"
PASSWORD = "instep-demo"
SIZES = {390: 844, 1280: 800}
ADA, ODO = "ada@banksia-bell.example", "odo@quill.example"
# The page, who looks at it, and where it is; "{preview}" is the address of the preview, "{run}" that of a run,
# "{transfer}" that of what waits to go to the books.
PICTURES = {
    "home": (ADA, "/"),
    "jobs": (ADA, "/jobs/"),
    "organisation": (ADA, "/organisations/"),
    "connect": (ADA, "/connections/"),
    "run": (ADA, "{run}"),
    "preview": (ODO, "{preview}"),
    "billing": (ADA, "/billing/"),
    "transfer": (ADA, "{transfer}"),
}


def main() -> None:
    """All pages in both sizes and both themes."""
    site, sandbox = (*sys.argv[1:], *("http://127.0.0.1:8000", "http://127.0.0.1:8001")[len(sys.argv) - 1 :])[:2]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*QUIET.split(), "--no-first-run"])
        preview, run = _preview(browser, site, sandbox), _run(browser, site)
        transfer = _transfer(browser, site)
        for width, height in SIZES.items():
            for theme in ("light", "dark"):
                for name, (who, path) in PICTURES.items():
                    page = _signed_in(browser, site, who, (width, height), theme)
                    page.goto(site + path.format(preview=preview, run=run, transfer=transfer))
                    if name == "organisation":
                        page.get_by_text("Halloran & Voss Developments").first.click()
                    page.wait_for_timeout(900)
                    page.screenshot(path=HERE / f"{name}-{width}-{theme}.png")
                    page.context.close()
        browser.close()


def _preview(browser: Browser, site: str, sandbox: str) -> str:
    """Plant the tutorial's account, connect it, and tell the path of its preview."""
    headers = {"Content-Type": "application/json"}
    asked = urllib.request.Request(f"{sandbox}/_sandbox/seed", ACCOUNT.read_bytes(), headers)
    urllib.request.urlopen(asked).close()
    page = _signed_in(browser, site, ODO, (1280, 800), "light")
    page.goto(f"{site}/connections/new/tinyplus/")
    page.fill("input[name=token]", "token-for-the-tutorial")
    page.fill("input[name=address]", f"{sandbox}/v2/")
    page.locator("main button", has_text="Connect tiny+").click()
    page.get_by_role("button", name="Link and start").wait_for()
    path = page.url.removeprefix(site)
    page.context.close()
    return path


def _run(browser: Browser, site: str) -> str:
    """The path of the oldest run that the first page tells of."""
    page = _signed_in(browser, site, ADA, (1280, 800), "light")
    path = page.locator("main a[href^='/connections/runs/']").last.get_attribute("href")
    page.context.close()
    return path or "/"


def _transfer(browser: Browser, site: str) -> str:
    """The path of the preview of what waits to go to Xero."""
    page = _signed_in(browser, site, ADA, (1280, 800), "light")
    page.goto(f"{site}/connections/")
    page.locator("main h2 a", has_text="Xero").first.click()
    page.get_by_role("link", name="Preview", exact=True).click()
    page.get_by_role("button", name="Compare with Xero").click()
    page.locator("[data-group=invoices]").wait_for()
    path = page.url.removeprefix(site)
    page.context.close()
    return path


def _signed_in(browser: Browser, site: str, who: str, size: tuple[int, int], theme: str) -> Page:
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if theme == "dark" else "light",
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(f"{site}/accounts/login/")
    page.fill("input[name=login]", who)
    page.fill("input[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site}/")
    return page


if __name__ == "__main__":
    main()
