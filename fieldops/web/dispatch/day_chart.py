"""The day as bars: a line a crew, stops, rests, the end of the shift. Only numbers for the template."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fieldops.web.dispatch.planned_day import CrewPlan

WIDTH: Final = 780.0
LEFT: Final = 118.0
TOP: Final = 20.0
ROW: Final = 42.0
DASHES: Final = ("", "10 4", "2 5", "12 4 2 4")


@dataclass(frozen=True)
class Bar:
    """A bar with its words; `kind` is stop, break or reload."""

    x: float
    width: float
    words: str
    kind: str
    title: str


@dataclass(frozen=True)
class Line:
    """One crew's line."""

    y: float
    letter: str
    name: str
    tone: str
    dash: str
    x1: float
    x2: float
    shift_x: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class DayChart:
    """Everything the SVG draws; `hours` are (x, words)."""

    width: float
    height: float
    hours: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]


def day_chart(crews: tuple[CrewPlan, ...], zone_words: str = "%H.%M") -> DayChart:
    """Return the chart of a planned day, empty without crews."""
    if not crews:
        return DayChart(WIDTH, TOP, (), ())
    first = min(crew.shift_from for crew in crews).replace(minute=0, second=0, microsecond=0)
    last = max(max(crew.shift_until, crew.returns_at) for crew in crews) + timedelta(minutes=15)
    scale = (WIDTH - LEFT) / max(1.0, (last - first).total_seconds())

    def at(moment: datetime) -> float:
        return round(LEFT + (moment - first).total_seconds() * scale, 1)

    hours = int((last - first).total_seconds() // 3600) + 1
    marks = tuple(
        (at(first + timedelta(hours=hour)), f"{first + timedelta(hours=hour):{zone_words}}")
        for hour in range(hours)
    )
    lines = tuple(
        Line(
            y=TOP + ROW * place + ROW / 2,
            letter=crew.crew.letter,
            name=crew.crew.name,
            tone=crew.tone,
            dash=DASHES[(crew.index % 4 + crew.index // 4) % 4],
            x1=at(crew.leaves_at),
            x2=at(crew.returns_at),
            shift_x=at(crew.shift_until),
            bars=_bars(crew, at),
        )
        for place, crew in enumerate(crews)
    )
    return DayChart(WIDTH, TOP + ROW * len(crews), marks, lines)


def _bars(crew: CrewPlan, at: Callable[[datetime], float]) -> tuple[Bar, ...]:
    def bar(starts_at: datetime, ends_at: datetime, words: str, kind: str, title: str) -> Bar:
        x = at(starts_at)
        return Bar(x, round(max(6.0, at(ends_at) - x), 1), words, kind, title)

    return (
        *(bar(span.starts_at, span.ends_at, "", span.kind, "") for span in crew.spans),
        *(bar(stop.starts_at, stop.ends_at, stop.label, "stop", stop.order.number) for stop in crew.stops),
    )
