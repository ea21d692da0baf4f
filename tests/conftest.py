"""What every test may ask for, and which tests can run here."""

from __future__ import annotations

import psycopg
import pytest

from tests.cast import Cast, build_cast
from tests.environment import POSTGRES, POSTGRES_REQUIRED, postgres_address


def _postgres_problem() -> str | None:
    try:
        psycopg.connect(postgres_address(), connect_timeout=5).close()
    except psycopg.Error as error:
        return f"no PostgreSQL: {str(error).splitlines()[0]}"
    return None


def pytest_report_header() -> str:
    return f"database: {'PostgreSQL' if POSTGRES else 'SQLite file'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
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
