"""The practice of the billing tests, in front of its pages."""

from __future__ import annotations

import pytest

from tests.billing.conftest import Practice, set_up
from tests.cast import Cast


@pytest.fixture
def practice(cast: Cast) -> Practice:
    """A client, a job with a fixed and an hourly phase, Hana at 40 and 100 an hour."""
    return set_up(cast)
