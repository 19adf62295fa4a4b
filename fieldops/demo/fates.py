"""What becomes of each defect: repaired when, referred to whom, not found, or dry again by itself."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import numpy as np

from fieldops.demo.defects import Defect
from fieldops.demo.hours import at_hour, next_working_time, reporting_hour
from fieldops.demo.rain import RainDay
from fieldops.demo.sketch import Street

OPEN_GOAL: Final = 325
"""Requests still open at the end; waiting times are stretched until it fits."""


class Outcome(StrEnum):
    """How a defect's requests end, sooner or later."""

    REPAIRED = "repaired"
    REFERRED = "referred"
    DECLINED = "declined"
    NOT_FOUND = "not_found"
    FOUND_FIXED = "found_fixed"


WAIT_DAYS: Final = {
    "pothole": 5.0,
    "sunken_road": 9.0,
    "standing_water": 0.7,
    "blocked_drain": 5.0,
    "missing_cover": 2.5,
    "damaged_sidewalk": 13.0,
    "other": 8.0,
}
RETELL_DAYS: Final = {
    "pothole": 4.0,
    "sunken_road": 4.0,
    "standing_water": 0.1,
    "blocked_drain": 3.0,
    "missing_cover": 1.5,
    "damaged_sidewalk": 9.0,
    "other": 5.0,
}
"""Median wait for the crew, and mean delay between two people telling of the same defect."""

OURS_TO_KEEP: Final = {"national": 0.45, "province": 0.7, "city": 1.0}
"""The share of road defects that the city mends itself; the rest is passed on."""


@dataclass(frozen=True)
class Fate:
    """One defect's course: when people tell of it, and when and how it ends (perhaps after the end date)."""

    defect: Defect
    outcome: Outcome
    told_at: tuple[datetime, ...]
    visit_at: datetime
    made_safe_at: datetime | None


def fates(
    defects: tuple[Defect, ...],
    streets: tuple[Street, ...],
    days: tuple[RainDay, ...],
    end: datetime,
    rng: np.random.Generator,
) -> tuple[Fate, ...]:
    """Return every defect's fate; people told of after the visit or the end are left out.

    Parameters
    ----------
    defects, streets
        The defects, and the streets that they name by index.
    days
        The rain of the reported days, day 0 first.
    end
        The demonstration's present.
    rng
        The source of all chance.
    """
    drafts = [_draft(defect, streets[defect.street], days[defect.day], rng) for defect in defects]
    waits_days = np.array([WAIT_DAYS[defect.service_code] for defect in defects])
    waits_days *= np.exp(rng.normal(0, 0.75, size=len(defects)))
    waits_days *= np.array([{1: 1.25, 2: 1.0, 3: 0.6}[defect.severity] for defect in defects])
    stretch = _stretch(drafts, waits_days, end)
    found = [
        _visited(draft, float(wait) * stretch, end, rng)
        for draft, wait in zip(drafts, waits_days, strict=True)
    ]
    return tuple(fate for fate in found if fate.told_at)


def _draft(defect: Defect, street: Street, day: RainDay, rng: np.random.Generator) -> Fate:
    if defect.service_code == "standing_water" and day.mm > 0:
        hour = day.from_hour + float(rng.uniform(0.2, 4.5))
    else:
        hour = reporting_hour(rng)
    first_at = at_hour(day.day, hour)
    lags = np.cumsum(rng.exponential(RETELL_DAYS[defect.service_code], size=defect.reports - 1))
    told_at = [first_at, *(_awake(first_at + timedelta(days=float(lag)), rng) for lag in lags)]
    return Fate(defect, _outcome(defect, street, rng), tuple(sorted(told_at)), first_at, None)


def _awake(moment: datetime, rng: np.random.Generator) -> datetime:
    """Move most of what falls into the night to the next morning."""
    hour = (moment.hour + 7) % 24
    late = hour >= 23 or hour < 5
    return moment + timedelta(hours=float(rng.uniform(6.5, 9))) if late and rng.random() < 0.85 else moment


def _outcome(defect: Defect, street: Street, rng: np.random.Generator) -> Outcome:
    is_road = defect.service_code in {"pothole", "sunken_road", "damaged_sidewalk"}
    if is_road and rng.random() > OURS_TO_KEEP[street.keeper]:
        return Outcome.REFERRED
    dries = {"standing_water": 0.3, "blocked_drain": 0.03}.get(defect.service_code, 0.02)
    chances = (0.03, 0.04, dries)
    pick = int(np.searchsorted(np.cumsum(chances), rng.random()))
    return (Outcome.DECLINED, Outcome.NOT_FOUND, Outcome.FOUND_FIXED, Outcome.REPAIRED)[pick]


def _stretch(
    drafts: list[Fate], waits_days: "np.ndarray[tuple[int], np.dtype[np.float64]]", end: datetime
) -> float:
    """Return the factor on all waits that leaves about `OPEN_GOAL` requests open, by bisection."""
    told = [
        (index, (end - moment).total_seconds() / 86_400, (moment - draft.told_at[0]).total_seconds() / 86_400)
        for index, draft in enumerate(drafts)
        if draft.outcome not in {Outcome.REFERRED, Outcome.DECLINED}
        for moment in draft.told_at
    ]
    which = np.array([row[0] for row in told])
    age_days = np.array([row[1] for row in told])
    after_first_days = np.array([row[2] for row in told])
    low, high = 0.02, 6.0
    for _ in range(24):
        factor = (low * high) ** 0.5
        waits = waits_days[which] * factor
        told_in_time = (age_days >= 0) & (after_first_days < waits)
        still_open = int((told_in_time & (age_days + after_first_days < waits)).sum())
        low, high = (low, factor) if still_open > OPEN_GOAL else (factor, high)
    return float((low * high) ** 0.5)


def _visited(draft: Fate, wait_days: float, end: datetime, rng: np.random.Generator) -> Fate:
    first_at = draft.told_at[0]
    visit_at = first_at + timedelta(days=max(wait_days, 0.08))
    if draft.defect.service_code != "standing_water":
        visit_at = next_working_time(visit_at, rng)
    told_at = tuple(moment for moment in draft.told_at if moment <= end and moment < visit_at)
    safe_at = None
    if draft.defect.severity == 3 and draft.outcome is Outcome.REPAIRED and rng.random() < 0.5:
        safe_at = next_working_time(first_at + timedelta(hours=float(rng.uniform(1, 12))), rng)
        safe_at = safe_at if safe_at < min(visit_at, end) else None
    return replace(draft, told_at=told_at, visit_at=visit_at, made_safe_at=safe_at)
