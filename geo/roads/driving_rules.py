"""What the tags of an OpenStreetMap way mean to a crew's vehicle."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from geo.roads.speeds import SpeedTable

KMH_PER_MPH, KMH_PER_KNOT = 1.609344, 1.852
ROUNDABOUTS = frozenset({"roundabout", "circular"})
FORWARD, BACKWARD, BOTH, NEITHER = "forward", "backward", "both", "neither"
ONEWAY = {
    "yes": FORWARD,
    "1": FORWARD,
    "true": FORWARD,
    "-1": BACKWARD,
    "reverse": BACKWARD,
    "no": BOTH,
    "0": BOTH,
    "false": BOTH,
    "alternating": BOTH,
    "reversible": NEITHER,  # nobody can say which way it runs when the crew comes
}
ONEWAY_TAGS = ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway")
LIMIT = re.compile(r"(\d+(?:\.\d+)?)\s*(km/h|kmh|kph|mph|knots)?")


@dataclass(frozen=True, slots=True)
class Driving:
    """How a way is driven: km/h in the order of its nodes and against it, 0 where that is not allowed."""

    highway: str
    forward_kmh: float
    backward_kmh: float
    is_roundabout: bool


def rules_for(table: SpeedTable) -> Callable[[Callable[[str], str | None]], Driving | None]:
    """Return the function that judges a way by its tags (given as a look-up); None: not drivable.

    Ways share their combinations of tags, so each combination is judged once.
    """
    keys = (
        "highway",
        "area",
        "service",
        "junction",
        "surface",
        "smoothness",
        "maxspeed",
        "maxspeed:forward",
        "maxspeed:backward",
        *ONEWAY_TAGS,
        *table.access_tags,
    )

    @lru_cache(maxsize=100_000)
    def judge(values: tuple[str | None, ...]) -> Driving | None:
        return _judge(dict(zip(keys, values, strict=True)), table)

    def driving(tag: Callable[[str], str | None]) -> Driving | None:
        if tag("highway") not in table.highway_kmh:
            return None
        return judge(tuple(tag(key) for key in keys))

    return driving


def _judge(tags: dict[str, str | None], table: SpeedTable) -> Driving | None:
    highway = tags["highway"] or ""
    if tags["area"] == "yes" or tags["service"] in table.skipped_services or _is_shut(tags, table):
        return None
    direction = _direction(tags)
    if direction == NEITHER:
        return None
    speed = min(
        table.highway_kmh[highway],
        table.surface_kmh.get(tags["surface"] or "", float("inf")),
        table.smoothness_kmh.get(tags["smoothness"] or "", float("inf")),
    )
    forward = min(speed, _limit(tags["maxspeed:forward"] or tags["maxspeed"], table))
    backward = min(speed, _limit(tags["maxspeed:backward"] or tags["maxspeed"], table))
    return Driving(
        highway,
        forward if direction != BACKWARD else 0.0,
        backward if direction != FORWARD else 0.0,
        tags["junction"] in ROUNDABOUTS,
    )


def _is_shut(tags: dict[str, str | None], table: SpeedTable) -> bool:
    for key in table.access_tags:
        if tags[key] is not None:
            return tags[key] in table.closed_values
    return False


def _direction(tags: dict[str, str | None]) -> str:
    for key in ONEWAY_TAGS:
        direction = ONEWAY.get(tags[key] or "")
        if direction is not None:
            return direction
    implied = tags["junction"] in ROUNDABOUTS or tags["highway"] == "motorway"
    return FORWARD if implied else BOTH


def _limit(text: str | None, table: SpeedTable) -> float:
    """Greatest speed that a signed limit lets traffic reach; infinite where there is none to trust."""
    match = LIMIT.fullmatch((text or "").strip())
    if match is None:
        return float("inf")
    unit = {"mph": KMH_PER_MPH, "knots": KMH_PER_KNOT}.get(match[2] or "", 1.0)
    kmh = float(match[1]) * unit
    if not table.least_maxspeed_kmh <= kmh <= table.most_maxspeed_kmh:
        return float("inf")
    return kmh * table.maxspeed_share
