"""Figures with their intervals along one axis: numbers for the template's SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fieldops import i18n

WIDTH: Final = 360.0
LEFT: Final = 44.0
RIGHT: Final = 352.0
TOP: Final = 26.0
BASE: Final = 150.0
MOST_MARKS: Final = 5
ROOM: Final = 0.06
"""Free room above the highest and below the lowest end, as a share of the axis."""

STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Point:
    """One figure and its interval; a check, or what is no finding, is drawn hollow."""

    label: str
    value: float
    low: float
    high: float
    is_hollow: bool = False


@dataclass(frozen=True)
class Mark:
    """One drawn figure."""

    x: float
    y: float
    top: float
    bottom: float
    label: str
    is_hollow: bool


@dataclass(frozen=True)
class Line:
    """One line of the grid with its figure."""

    y: float
    label: str
    is_reference: bool


@dataclass(frozen=True)
class IntervalChart:
    """All that the SVG draws. `unit` stands above the axis, `below` under the labels."""

    title: str
    marks: tuple[Mark, ...]
    lines: tuple[Line, ...]
    unit: str
    below: str
    caption: str


def interval_chart(
    points: Sequence[Point],
    *,
    title: str,
    unit: str,
    below: str,
    caption: str,
    reference: float = 0.0,
) -> IntervalChart:
    """Return the drawing of points from left to right, with a line at the value that means nothing was found.

    Parameters
    ----------
    points
        At least one.
    reference
        Where the line stands: 0 for a correlation or a number, 1 for a ratio.
    """
    ends = [reference, *(one.low for one in points), *(one.high for one in points)]
    ends += [one.value for one in points]
    least, most = min(ends), max(ends)
    room = ROOM * (most - least or 1.0)
    least, most = least - (room if least < 0.0 else 0.0), most + room
    step = (RIGHT - LEFT) / len(points)
    values = _round_values(least, most, reference)
    decimals = next(many for many in range(9) if all(_is_whole(value * 10**many) for value in values))

    def height(value: float) -> float:
        return BASE - (value - least) / (most - least) * (BASE - TOP)

    return IntervalChart(
        title=title,
        marks=tuple(
            Mark(
                LEFT + (number + 0.5) * step,
                height(one.value),
                height(one.high),
                height(one.low),
                one.label.replace("-", "−"),
                one.is_hollow,
            )
            for number, one in enumerate(points)
        ),
        lines=tuple(
            Line(
                height(value),
                i18n.number(value, decimals).replace("-", "−"),
                math.isclose(value, reference, abs_tol=1e-9),
            )
            for value in values
        ),
        unit=unit,
        below=below,
        caption=caption,
    )


def _round_values(least: float, most: float, reference: float) -> list[float]:
    """Return a few round values within the axis, the reference always among them."""
    rough = (most - least) / MOST_MARKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in STEPS if power * one >= rough)
    first, last = math.ceil((least - reference) / step), math.floor((most - reference) / step)
    return [reference + number * step for number in range(min(first, 0), last + 1)]


def _is_whole(value: float) -> bool:
    return math.isclose(value, round(value), abs_tol=1e-6)
