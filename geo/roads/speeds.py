"""How fast each kind of road is driven: a table that an operator may edit."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from geo.errors import GeoError

FASTEST_KMH = 150.0


@dataclass(frozen=True, slots=True)
class SpeedTable:
    """Which roads are driven, and how fast.

    Attributes
    ----------
    highway_kmh
        Speed of each class of road; a class that is missing is not drivable.
    surface_kmh, smoothness_kmh
        Upper limits by what the road is made of, and how even it is.
    maxspeed_share
        Share of a signed limit that traffic reaches at best.
    least_maxspeed_kmh, most_maxspeed_kmh
        Signed limits outside are taken for mistakes and ignored.
    access_tags
        From the most exact to the most general; the first that a road has decides.
    closed_values
        Values of those tags that keep the crews out.
    skipped_services
        Values of ``service=*`` that are no streets.
    """

    highway_kmh: Mapping[str, float]
    surface_kmh: Mapping[str, float] = field(default_factory=dict)
    smoothness_kmh: Mapping[str, float] = field(default_factory=dict)
    maxspeed_share: float = 0.8
    least_maxspeed_kmh: float = 10.0
    most_maxspeed_kmh: float = 130.0
    access_tags: tuple[str, ...] = ("motorcar", "motor_vehicle", "vehicle", "access")
    closed_values: frozenset[str] = frozenset({"no", "private"})
    skipped_services: frozenset[str] = frozenset()

    @property
    def classes(self) -> tuple[str, ...]:
        """The drivable classes in the table's order."""
        return tuple(self.highway_kmh)


def read_speeds(file: Path | None = None) -> SpeedTable:
    """Read a table of speeds; without a file, the one that comes along.

    Raises
    ------
    GeoError
        When the file cannot be read, or holds something else than speeds; the message names the entry.
    """
    name = "speeds.toml" if file is None else file.name
    try:
        text = (resources.files("geo.roads") / name if file is None else file).read_text(encoding="utf-8")
        table = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise GeoError(f"{name}: the table of speeds cannot be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise GeoError(f"{name}: is not a TOML file: {error}") from error
    return _table(table, name)


def _table(table: dict[str, Any], name: str) -> SpeedTable:
    known = {"highway", "surface", "smoothness", "maxspeed", "access", "skip"}
    for key, part in table.items():
        if key not in known:
            raise GeoError(f"{name}: [{key}] is not a part of the table; it has {', '.join(sorted(known))}")
        if not isinstance(part, dict):
            raise GeoError(f"{name}: {key} must be a part of the table, written [{key}]")
    highway = _speeds(table, "highway", name)
    if not highway:
        raise GeoError(f"{name}: [highway] names no class of road to drive on")
    if len(highway) > 255:
        raise GeoError(f"{name}: [highway] has {len(highway)} classes; 255 are possible")
    defaults = SpeedTable(highway)
    limits = {
        "share": defaults.maxspeed_share,
        "least": defaults.least_maxspeed_kmh,
        "most": defaults.most_maxspeed_kmh,
    }
    for key, value in table.get("maxspeed", {}).items():
        if key not in limits:
            raise GeoError(f"{name}: maxspeed.{key} is not known; it has {', '.join(limits)}")
        limits[key] = _number(value, f"{name}: maxspeed.{key}", 2.0 if key == "share" else FASTEST_KMH)
    return SpeedTable(
        highway,
        _speeds(table, "surface", name),
        _speeds(table, "smoothness", name),
        limits["share"],
        limits["least"],
        limits["most"],
        _words(table, "access", "tags", name) or defaults.access_tags,
        frozenset(_words(table, "access", "closed", name)) or defaults.closed_values,
        frozenset(_words(table, "skip", "service", name)),
    )


def _speeds(table: dict[str, Any], part: str, name: str) -> dict[str, float]:
    return {
        key: _number(value, f"{name}: {part}.{key}", FASTEST_KMH)
        for key, value in table.get(part, {}).items()
    }


def _number(value: object, where: str, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise GeoError(f"{where} must be a number above 0 and at most {most:g}, not {value!r}")
    return float(value)


def _words(table: dict[str, Any], part: str, key: str, name: str) -> tuple[str, ...]:
    value = table.get(part, {}).get(key, [])
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise GeoError(f"{name}: {part}.{key} must be a list of words, not {value!r}")
    return tuple(value)
