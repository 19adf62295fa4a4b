"""What an engineer asks of reports: one question, with fixed days, that can be asked again."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Any, Final

from fieldops.errors import InvalidInput


class Method(StrEnum):
    """How places are judged."""

    GI_STAR = "gi_star"
    EMERGING = "emerging"
    COMPARISON = "comparison"
    SCAN = "scan"
    MORAN = "moran"
    DENSITY = "density"


class Analysis(StrEnum):
    """What is asked when the answer is figures rather than a map."""

    RAIN = "rain"
    CO_LOCATION = "co_location"
    REPEATS = "repeats"
    BIAS = "bias"


class Weather(StrEnum):
    """On which days reports count."""

    ANY = ""
    WET = "wet"
    DRY = "dry"


class Unit(StrEnum):
    """What is counted: each report, or each incident (reports judged one place count once)."""

    INCIDENTS = "incidents"
    REQUESTS = "requests"


class Exposure(StrEnum):
    """What counts are divided by."""

    NONE = "none"
    ROAD_KM = "road_km"
    RESIDENTS = "residents"


class Shape(StrEnum):
    """What a cell is."""

    HEXAGON = "hexagon"
    SQUARE = "square"
    KELURAHAN = "kelurahan"
    SEGMENT = "segment"


SIZES_M: Final = (200, 300, 400, 500, 750, 1000)
"""Widths of a cell on offer: a square's side, a hexagon's distance between opposite sides."""

LENGTHS_DAYS: Final = (14, 30, 60, 90, 180, 365)
STEPS_DAYS: Final = (7, 14, 28)
STATUSES: Final = ("", "unfinished", "repaired")
LONGEST_DAYS: Final = 3_660
REACH: Final = 1.6
"""Neighbours lie within so many widths of a cell: a hexagon's six, a square's eight."""


@dataclass(frozen=True)
class Question:
    """One question. The days are of the city's calendar and both belong to the period; `earlier_last` ends
    the period of the same length that a comparison holds it against. Empty filters stand for all. Reports of
    wet, or of dry, days alone are counted where `weather` says so.
    """

    first: date
    last: date
    method: Method | Analysis = Method.GI_STAR
    unit: Unit = Unit.INCIDENTS
    exposure: Exposure = Exposure.NONE
    shape: Shape = Shape.HEXAGON
    size_m: int = 400
    step_days: int = 7
    earlier_last: date | None = None
    services: tuple[str, ...] = ()
    channel: str = ""
    department: str = ""
    kelurahan: str = ""
    status: str = ""
    least_severity: int = 1
    jurisdiction: str = ""
    weather: Weather = Weather.ANY

    @property
    def days(self) -> int:
        """How many days the period has."""
        return (self.last - self.first).days + 1

    @property
    def reach_m(self) -> float:
        """How far apart the middles of neighbouring cells may lie."""
        return REACH * self.size_m

    @property
    def earlier_first(self) -> date | None:
        """The first day of the earlier period."""
        return self.earlier_last - timedelta(days=self.days - 1) if self.earlier_last else None

    def facts(self) -> dict[str, Any]:
        """Return the question as JSON holds it."""
        held = asdict(self)
        for name in ("first", "last", "earlier_last"):
            held[name] = held[name].isoformat() if held[name] else None
        return held | {"services": list(self.services)}

    @property
    def digest(self) -> str:
        """What tells this question from any other."""
        return hashlib.sha256(json.dumps(self.facts(), sort_keys=True).encode()).hexdigest()

    def moved(self, days: int) -> "Question":
        """Return the same question of a period so many days later."""
        by = timedelta(days=days)
        return replace(
            self,
            first=self.first + by,
            last=self.last + by,
            earlier_last=self.earlier_last + by if self.earlier_last else None,
        )


def as_question(facts: Mapping[str, Any]) -> Question:
    """Return the question that `Question.facts` wrote."""
    held = dict(facts)
    for name in ("first", "last", "earlier_last"):
        held[name] = date.fromisoformat(held[name]) if held.get(name) else None
    kinds = {"unit": Unit, "exposure": Exposure, "shape": Shape}
    return Question(
        **{
            **held,
            **{name: kind(held[name]) for name, kind in kinds.items()},
            "method": as_method(held["method"]),
            "weather": Weather(held.get("weather", "")),
            "services": tuple(held["services"]),
        }
    )


def as_method(code: str) -> Method | Analysis:
    """Return the map or the analysis of a code."""
    return Method(code) if code in tuple(Method) else Analysis(code)


def is_analysis(code: str) -> bool:
    """Return whether a code is that of an analysis, whose answer is figures rather than a map."""
    return code in tuple(Analysis)


@dataclass(frozen=True)
class Offer:
    """What the city has to choose from: codes of services and departments, channels, names of kelurahan."""

    services: tuple[str, ...]
    channels: tuple[str, ...]
    departments: tuple[str, ...]
    kelurahan: tuple[str, ...]
    jurisdictions: tuple[str, ...]
    yesterday: date


def read_question(fields: Mapping[str, str], services: list[str], offer: Offer) -> Question:
    """Return the question that a form's fields ask; what is left out is as usual.

    Parameters
    ----------
    fields
        The form, a word a field.
    services
        Its kinds of report, several; none is all.
    offer
        What there is to choose from.

    Raises
    ------
    InvalidInput
        A value is not on offer, a day cannot be read, or the period is turned around, too long or not over;
        `field` names it.
    """
    refuse_unknown_kinds(services, offer)
    method = Method(among(fields, "method", tuple(Method), Method.GI_STAR))
    first, last = read_period(fields, offer.yesterday)
    weather = Weather(among(fields, "weather", tuple(Weather), Weather.ANY))
    if weather and method in (Method.EMERGING, Method.COMPARISON):
        raise InvalidInput(
            "Wet and dry days are told apart for one period and no steps. Choose another method, or any "
            "weather.",
            field="weather",
        )
    exposure = Exposure(among(fields, "exposure", tuple(Exposure), Exposure.NONE))
    if exposure is not Exposure.NONE and method is Method.DENSITY:
        raise InvalidInput("A density is of reports on the ground, divided by nothing.", field="exposure")
    shape = Shape(among(fields, "shape", tuple(Shape), Shape.HEXAGON))
    if shape is Shape.SEGMENT and method is Method.DENSITY:
        raise InvalidInput("A density is of areas: choose hexagons, squares or kelurahan.", field="shape")
    question = Question(
        first=first,
        last=last,
        method=method,
        unit=Unit(among(fields, "unit", tuple(Unit), Unit.INCIDENTS)),
        exposure=exposure,
        shape=shape,
        size_m=int(among(fields, "size", tuple(str(size) for size in SIZES_M), "400")),
        step_days=int(among(fields, "step", tuple(str(step) for step in STEPS_DAYS), "7")),
        services=tuple(code for code in offer.services if code in services),
        channel=among(fields, "channel", ("", *offer.channels), ""),
        department=among(fields, "department", ("", *offer.departments), ""),
        kelurahan=among(fields, "kelurahan", ("", *offer.kelurahan), ""),
        status=among(fields, "status", STATUSES, ""),
        least_severity=int(among(fields, "severity", ("1", "2", "3"), "1")),
        jurisdiction=among(fields, "jurisdiction", ("", *offer.jurisdictions), ""),
        weather=weather,
    )
    if method is Method.COMPARISON:
        return replace(question, earlier_last=_earlier_last(fields, question))
    return question


def refuse_unknown_kinds(services: list[str], offer: Offer) -> None:
    """Raise `InvalidInput` when a kind of report is not among the city's."""
    unknown = [code for code in services if code not in offer.services]
    if unknown:
        raise InvalidInput(
            "There is no kind of report called “%(code)s”.", field="service", code=unknown[0][:40]
        )


def read_period(fields: Mapping[str, str], yesterday: date) -> tuple[date, date]:
    """Return the first and last day that a form chooses.

    Raises
    ------
    InvalidInput
        A day cannot be read, or the period is turned around, too long or not over; `field` names it.
    """
    length = fields.get("days", "").strip()
    if length and length != "own":
        days = int(among(fields, "days", tuple(str(one) for one in LENGTHS_DAYS), "90"))
        return yesterday - timedelta(days=days - 1), yesterday
    first = _day(fields, "from", yesterday - timedelta(days=89))
    last = _day(fields, "until", yesterday)
    if last < first:
        raise InvalidInput("The period ends before it begins.", field="until")
    if last > yesterday:
        raise InvalidInput(
            "Days that are not over would look quieter than they are. Choose %(day)s or earlier.",
            field="until",
            day=yesterday.isoformat(),
        )
    if (last - first).days >= LONGEST_DAYS:
        raise InvalidInput("A period has at most ten years.", field="from")
    return first, last


def _earlier_last(fields: Mapping[str, str], question: Question) -> date:
    last = _day(fields, "earlier_until", question.first - timedelta(days=1))
    if last >= question.first:
        raise InvalidInput("The earlier period must end before the later one begins.", field="earlier_until")
    return last


def _day(fields: Mapping[str, str], name: str, otherwise: date) -> date:
    words = fields.get(name, "").strip()
    if not words:
        return otherwise
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise InvalidInput("Choose a day from the calendar, like 2026-11-25.", field=name) from None


def among(fields: Mapping[str, str], name: str, allowed: tuple[str, ...], otherwise: str) -> str:
    """Return what a field chooses, `otherwise` where it is left out; `InvalidInput` for anything else."""
    word = fields.get(name, "").strip() or otherwise
    if word not in allowed:
        raise InvalidInput(
            "“%(value)s” is not on offer. Choose one of: %(allowed)s.",
            field=name,
            value=word[:40],
            allowed=", ".join(str(one) for one in allowed if one),
        )
    return word
