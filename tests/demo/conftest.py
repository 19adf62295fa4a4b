"""One demonstration city for all tests that only look at it."""

from datetime import UTC, datetime

import pytest

from fieldops.demo.city import DemoCity, city

WET_END = datetime(2026, 2, 10, 9, 30, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo() -> DemoCity:
    return city(11, WET_END)
