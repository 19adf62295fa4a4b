"""Questions that the schedule asks anew every night, so that a map waits for whoever opens the page."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Final

from fieldops.domain.hotspot_questions import Exposure, Method, Question

Asked = Callable[[date], Question]


def _by_road(yesterday: date) -> Question:
    return Question(first=yesterday - timedelta(days=89), last=yesterday, exposure=Exposure.ROAD_KM)


def _emerging(yesterday: date) -> Question:
    return Question(first=yesterday - timedelta(days=83), last=yesterday, method=Method.EMERGING, size_m=500)


def _month_against_month(yesterday: date) -> Question:
    first = yesterday - timedelta(days=29)
    return Question(
        first=first,
        last=yesterday,
        method=Method.COMPARISON,
        size_m=500,
        earlier_last=first - timedelta(days=1),
    )


STANDING: Final[dict[str, Asked]] = {
    "by_road": _by_road,
    "emerging": _emerging,
    "month_against_month": _month_against_month,
}
"""By name; each is told the last whole day."""
