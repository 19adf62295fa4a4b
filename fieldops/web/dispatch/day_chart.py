"""The day as bars: a line a crew, stops, rests, the end of the shift. Only numbers for the template."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from fieldops.web.dispatch.planned_day import CrewPlan, PlannedStop

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
    locked: bool = False


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
class Arrow:
    """From the end of one stop to the beginning of another that waits for it."""

    x1: float
    y1: float
    middle: float
    x2: float
    y2: float
    first: str
    then: str


@dataclass(frozen=True)
class DayChart:
    """Everything the SVG draws; `hours` are (x, words)."""

    width: float
    height: float
    hours: tuple[tuple[float, str], ...]
    lines: tuple[Line, ...]
    arrows: tuple[Arrow, ...] = ()


def day_chart(
    crews: tuple[CrewPlan, ...],
    zone_words: str = "%H.%M",
    before: Sequence[tuple[PlannedStop, PlannedStop]] = (),
) -> DayChart:
    """Return the chart of a planned day, empty without crews. `before` are stops that wait for others."""
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
    row = {stop.label: lines[place].y for place, crew in enumerate(crews) for stop in crew.stops}
    arrows = tuple(
        Arrow(
            x1=at(first.ends_at),
            y1=row[first.label],
            middle=round(min(at(first.ends_at) + 6, at(then.starts_at) - 6), 1),
            x2=at(then.starts_at),
            y2=row[then.label],
            first=first.label,
            then=then.label,
        )
        for first, then in before
        if row[first.label] != row[then.label]
    )
    return DayChart(WIDTH, TOP + ROW * len(crews), marks, lines, arrows)


def _bars(crew: CrewPlan, at: Callable[[datetime], float]) -> tuple[Bar, ...]:
    def bar(
        starts_at: datetime, ends_at: datetime, words: str, kind: str, title: str, locked: bool = False
    ) -> Bar:
        x = at(starts_at)
        return Bar(x, round(max(6.0, at(ends_at) - x), 1), words, kind, title, locked)

    return (
        *(bar(span.starts_at, span.ends_at, "", span.kind, "") for span in crew.spans),
        *(
            bar(stop.starts_at, stop.ends_at, stop.label, "stop", stop.order.number, stop.is_pinned)
            for stop in crew.stops
        ),
    )
