"""Road damage and standing water at one place: which comes first, and more often than chance lets expect?"""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from pyproj import CRS
from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Question
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.operations.analysis_jobs import Compute, Figures, counted_figures, short, short_all
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.hotspot_frames import Reports, reports_of
from fieldops.queries.services import services_by_id
from geo.crs import to_metres
from geo.statistics.co_location import (
    LEAST_WINDOWS,
    CoLocation,
    CoLocationRules,
    Direction,
    Events,
    co_location,
)

ROAD_FAMILIES: Final = frozenset({"road", "pothole"})
WATER_FAMILIES: Final = frozenset({"water", "standing_water"})
DRAIN_FAMILIES: Final = frozenset({"drain"})
"""What water stands in where a city counts no standing water of its own."""

WINDOWS_DAYS: Final = (30.0, 20.0, 10.0)
"""How long after counts: the longest of which the period holds four, so that shifts are other times."""

DAY_US: Final = 86_400_000_000


def analyse_co_location(
    session: Session, installation: Installation, question: Question, seed: int
) -> Compute:
    """Read reports of a period; return what computes the pairs of road damage and water.

    Raises
    ------
    InvalidInput
        The city, or the kinds that were chosen, have no kind of road damage or none of water.
    """
    reports = reports_of(session, installation.city, question, question.first, question.last)
    families = {
        one.code: one.family
        for one in services_by_id(session).values()
        if not question.services or one.code in question.services
    }
    crs = city_crs(installation.city)

    def compute(report: Callable[[int], None]) -> Figures:
        road, water = _kinds(families)
        units = reports.counted(question.unit)
        first, second = (
            _events(units[units["service"].isin(codes)], crs, question) for codes in (road, water)
        )
        report(30)
        found = co_location(first, second, (0.0, float(question.days)), rules=_rules(question, seed))
        is_either = units["service"].isin([*road, *water])
        shown = Reports(reports.frame[reports.frame["service"].isin([*road, *water])], reports.placeless)
        return (
            counted_figures(shown, units[is_either])
            | _figures(found)
            | {"road": road, "water": water, "epsg": crs.to_epsg()}
        )

    return compute


def _rules(question: Question, seed: int) -> CoLocationRules:
    fits = [days for days in WINDOWS_DAYS if question.days >= LEAST_WINDOWS * days]
    return CoLocationRules(window_days=fits[0] if fits else WINDOWS_DAYS[-1], seed=seed)


def _kinds(families: dict[str, str]) -> tuple[list[str], list[str]]:
    def of(wanted: frozenset[str]) -> list[str]:
        return sorted(code for code, family in families.items() if family in wanted)

    road, water = of(ROAD_FAMILIES), of(WATER_FAMILIES) or of(DRAIN_FAMILIES)
    if not road:
        raise InvalidInput("No kind of road damage is among the kinds chosen; choose one.")
    if not water:
        raise InvalidInput("No kind of standing water or drain is among the kinds chosen; choose one.")
    return road, water


def _events(units: pd.DataFrame, crs: CRS, question: Question) -> Events:
    if not len(units):
        return Events.of([], [], [])
    x_m, y_m = to_metres(units["lon"].to_numpy(), units["lat"].to_numpy(), crs)
    since = units["moment"].to_numpy().astype("datetime64[us]") - np.datetime64(question.first, "us")
    return Events.of(x_m, y_m, since.astype(np.int64) / DAY_US)


def _figures(found: CoLocation) -> Figures:
    return {
        "first": found.first,
        "second": found.second,
        "after": _direction(found.after),
        "before": _direction(found.before),
        "at_once": found.at_once,
        "ratio": short_all([found.after_over_before, found.low, found.high]),
        "p_asymmetry": short(found.p_asymmetry),
        "profile": {
            "lag": short_all(found.lag_days),
            "pairs": [int(many) for many in found.profile],
            "expected": short_all(found.profile_expected),
            "low": short_all(found.profile_low),
            "high": short_all(found.profile_high),
        },
        "radius_m": found.rules.radius_m,
        "window_days": found.rules.window_days,
        "step_days": found.rules.step_days,
        "shifts": found.rules.shifts,
        "block_m": found.rules.block_m,
    }


def _direction(one: Direction) -> Figures:
    return {
        "pairs": one.pairs,
        "places": one.places,
        "expected": short(one.expected),
        "low": short(one.low),
        "high": short(one.high),
        "ratio": short(one.ratio),
        "p": short(one.p),
    }
