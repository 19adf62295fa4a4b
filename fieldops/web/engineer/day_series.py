"""Rain and reports by day, one above the other on one axis of days: numbers for the template's SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from fieldops import i18n

WIDTH: Final = 592.0
LEFT: Final = 4.0
RIGHT: Final = 588.0
RAIN_BASE, RAIN_HIGH = 78.0, 50.0
COUNT_BASE, COUNT_HIGH = 150.0, 42.0
MOST_LABELS: Final = 5
PEAKS: Final = 3
PEAK_GAP: Final = 0.06
"""Peaks are labelled no nearer to each other than this share of the axis."""


@dataclass(frozen=True)
class Bar:
    """One day's rain; `label` only on the greatest."""

    x: float
    y: float
    width: float
    height: float
    label: str = ""


@dataclass(frozen=True)
class Dot:
    """A labelled day of the line."""

    x: float
    y: float
    label: str


@dataclass(frozen=True)
class Tick:
    """A day named under the axis."""

    x: float
    label: str
    anchor: str


@dataclass(frozen=True)
class DaySeries:
    """All that the SVG draws; `has_rain` is off where no gauge was read."""

    bars: tuple[Bar, ...]
    path: str
    dots: tuple[Dot, ...]
    ticks: tuple[Tick, ...]
    has_rain: bool
    wet_days: int
    depth_mm: float
    missing: int


def day_series(days: Sequence[Sequence[Any]]) -> DaySeries | None:
    """Return the drawing of [day, counted, millimetres or None], None when there is no day."""
    if not days:
        return None
    step = (RIGHT - LEFT) / len(days)
    middle = [LEFT + (number + 0.5) * step for number in range(len(days))]
    rain = [row[2] for row in days]
    counts = [int(row[1]) for row in days]
    measured = [value for value in rain if value is not None]
    return DaySeries(
        bars=_bars(rain, middle, step),
        path="M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(middle, _heights(counts), strict=True)),
        dots=tuple(
            Dot(middle[at], _heights(counts)[at], i18n.number(counts[at])) for at in _peaks(counts, len(days))
        ),
        ticks=_ticks([date.fromisoformat(row[0]) for row in days], middle),
        has_rain=bool(measured),
        wet_days=sum(value >= 1.0 for value in measured),
        depth_mm=sum(measured),
        missing=len(days) - len(measured),
    )


def _bars(rain: Sequence[float | None], middle: Sequence[float], step: float) -> tuple[Bar, ...]:
    most = max((value or 0.0 for value in rain), default=0.0)
    if most <= 0.0:
        return ()
    labelled = set(_peaks([value or 0.0 for value in rain], len(rain)))
    width = max(0.8, step * 0.78)
    bars = []
    for at, value in enumerate(rain):
        if value:
            height = max(1.0, value / most * RAIN_HIGH)
            label = i18n.number(value) if at in labelled and value >= 1.0 else ""
            bars.append(Bar(middle[at] - width / 2, RAIN_BASE - height, width, height, label))
    return tuple(bars)


def _heights(counts: Sequence[int]) -> list[float]:
    most = max(1, *counts)
    return [COUNT_BASE - 4 - count / most * COUNT_HIGH for count in counts]


def _peaks(values: Sequence[float], days: int) -> list[int]:
    """Return the greatest few days that do not crowd each other."""
    chosen: list[int] = []
    for at in sorted(range(len(values)), key=lambda one: (-values[one], one)):
        if values[at] <= 0 or len(chosen) == PEAKS:
            break
        if all(abs(at - other) >= max(1.0, PEAK_GAP * days) for other in chosen):
            chosen.append(at)
    return sorted(chosen)


def _ticks(days: Sequence[date], middle: Sequence[float]) -> tuple[Tick, ...]:
    many = min(MOST_LABELS, len(days))
    at = [round(number * (len(days) - 1) / max(1, many - 1)) for number in range(many)]
    anchors = ["start", *(["middle"] * (many - 2)), "end"] if many > 1 else ["middle"]
    return tuple(
        Tick(middle[one], i18n.date_words(days[one], weekday=False), anchor)
        for one, anchor in zip(at, anchors, strict=True)
    )
