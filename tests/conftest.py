"""What every test may ask for, and which tests can run here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.cast import Cast, build_cast
from tests.environment import LONG, POSTGRES, POSTGRES_REQUIRED, postgres_address

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
CHROMIUM_ARGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run"),
)


def _postgres_problem() -> str | None:
    try:
        psycopg.connect(postgres_address(), connect_timeout=5).close()
    except psycopg.Error as error:
        return f"no PostgreSQL: {str(error).splitlines()[0]}"
    return None


def pytest_report_header() -> str:
    return f"database: {'PostgreSQL' if POSTGRES else 'SQLite file'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("long") and not LONG:
            item.add_marker(pytest.mark.skip(reason="takes minutes: set INSTEP_LONG=1"))
    if POSTGRES:
        problem = _postgres_problem()
        if problem and POSTGRES_REQUIRED:
            raise pytest.UsageError(problem)
        if problem:
            for item in items:
                item.add_marker(pytest.mark.skip(reason=problem))
        return
    for item in items:
        if item.get_closest_marker("postgres"):
            item.add_marker(pytest.mark.skip(reason="needs PostgreSQL: set INSTEP_TEST_DB=postgres"))


@pytest.fixture
def cast(db: None) -> Cast:
    """The named cast, in the test's database."""
    return build_cast()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The one browser of all tests (a second one cannot be driven beside it); skips with its reason where none is."""
    if not CHROMIUM:
        pytest.skip("no Chromium on this machine")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
        yield browser
        browser.close()
