"""Surface Distress Index of segments that a crew surveyed, by the version of the guide that is named."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from geo.errors import GeoError

TABLE: Final = Path(__file__).with_name("surface_distress.toml")
LEAST_M, MOST_M = 50.0, 150.0
"""A segment is 100 m; the last of a road is what is left."""
SURFACE: Final = "asphalt"


@dataclass(frozen=True, slots=True)
class SurveyedSegment:
    """What a crew saw on a segment; None where it wasn't looked at.

    Parameters
    ----------
    length_m
        Of the segment, 100 m as a rule.
    crack_area_percent
        Cracked area of the whole, 0 to 100.
    crack_width_mm
        Mean width of the cracks; not needed where there are none.
    holes
        Potholes in the segment.
    rut_depth_cm
        Mean depth of the ruts.
    surface
        What it is paved with; the index is for asphalt alone.
    """

    length_m: float
    crack_area_percent: float | None
    crack_width_mm: float | None
    holes: int | None
    rut_depth_cm: float | None
    surface: str = SURFACE


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a table: from a value on, or above it.

    Attributes
    ----------
    bound, is_open
        Where it begins; whether the bound itself belongs to the step before.
    value
        What it gives.
    """

    bound: float
    is_open: bool
    value: Any


@dataclass(frozen=True, slots=True)
class DistressVersion:
    """One way to work the index out.

    Attributes
    ----------
    name, source, status
        As the table names it; where it is from; how far to trust it.
    holes_per_m
        Length of road that holes are counted for.
    wide_crack_mm, wide_crack_factor
        Cracks wider than that multiply the first part.
    crack_area, holes, ruts, classes
        Steps.
    """

    name: str
    source: str
    status: str
    holes_per_m: float
    wide_crack_mm: float
    wide_crack_factor: float
    crack_area: tuple[Step, ...]
    holes: tuple[Step, ...]
    ruts: tuple[Step, ...]
    classes: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Distress:
    """The index of a segment.

    Attributes
    ----------
    index
        0 for a sound surface, above 150 heavily damaged.
    condition
        ``good``, ``fair``, ``light_damage`` or ``heavy_damage``.
    after_cracks, after_width, after_holes
        The index after each of the first three parts, as the form has them.
    version
        Its name and source go wherever the figure goes.
    """

    index: float
    condition: str
    after_cracks: float
    after_width: float
    after_holes: float
    version: DistressVersion


def distress_versions() -> tuple[DistressVersion, ...]:
    """Return the versions there are."""
    return _read()


def surface_distress(segment: SurveyedSegment, version: str | None) -> Distress:
    """Work the index of a surveyed segment out.

    Parameters
    ----------
    segment
        What was seen.
    version
        Name of a version. There is no default: they disagree, and the guide decides.

    Raises
    ------
    GeoError
        No version, an unknown one, a surface that is not asphalt, a segment of another length, something that
        was not looked at, or a value that cannot be.
    """
    chosen = _version(version)
    _refuse(segment)
    area, ruts = float(segment.crack_area_percent or 0.0), float(segment.rut_depth_cm or 0.0)
    cracks = float(_step(chosen.crack_area, area))
    is_wide = area > 0.0 and float(segment.crack_width_mm or 0.0) > chosen.wide_crack_mm
    width = cracks * chosen.wide_crack_factor if is_wide else cracks
    holes = width + float(_step(chosen.holes, (segment.holes or 0) * chosen.holes_per_m / segment.length_m))
    index = holes + float(_step(chosen.ruts, ruts))
    return Distress(index, str(_step(chosen.classes, index)), cracks, width, holes, chosen)


def _version(name: str | None) -> DistressVersion:
    versions = {version.name: version for version in _read()}
    there_are = ", ".join(versions)
    if name is None:
        raise GeoError(
            "The Surface Distress Index needs the version of its guide, since they disagree on how holes are "
            f"counted. There are: {there_are}."
        )
    if name not in versions:
        raise GeoError(f"There is no version {name!r} of the Surface Distress Index. There are: {there_are}.")
    return versions[name]


def _refuse(segment: SurveyedSegment) -> None:
    if segment.surface != SURFACE:
        raise GeoError(f"The Surface Distress Index is for {SURFACE} alone, not for {segment.surface}.")
    if not LEAST_M <= segment.length_m <= MOST_M:
        raise GeoError(
            f"A surveyed segment is about 100 m long ({LEAST_M:g} to {MOST_M:g} m), not "
            f"{segment.length_m:g} m."
        )
    seen = {
        "the cracked area": (segment.crack_area_percent, 100.0, "%"),
        "the holes": (segment.holes, 10_000.0, ""),
        "the depth of ruts": (segment.rut_depth_cm, 100.0, "cm"),
    }
    if segment.crack_area_percent:
        seen["the width of cracks"] = (segment.crack_width_mm, 1_000.0, "mm")
    for word, (value, most, unit) in seen.items():
        if value is None:
            raise GeoError(f"The Surface Distress Index needs {word}, which was not surveyed.")
        if not 0.0 <= value <= most:
            raise GeoError(f"{value:g} {unit} as {word} cannot be; 0 to {most:g} {unit} is needed.")


def _step(steps: tuple[Step, ...], value: float) -> Any:
    """Return what the last step gives that the value has reached."""
    reached = [step for step in steps if value > step.bound or (value == step.bound and not step.is_open)]
    return reached[-1].value


@lru_cache(maxsize=1)
def _read() -> tuple[DistressVersion, ...]:
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return tuple(
        DistressVersion(
            row["name"],
            row["source"],
            row["status"],
            float(row["holes_per_m"]),
            float(row["wide_crack_mm"]),
            float(row["wide_crack_factor"]),
            _steps(row["crack_area_percent"], "value"),
            _steps(row["holes"], "add"),
            _steps(row["rut_depth_cm"], "add"),
            _steps(row["classes"], "name"),
        )
        for row in table["version"]
    )


def _steps(rows: list[dict[str, Any]], value: str) -> tuple[Step, ...]:
    bounds = ((row, "above" if "above" in row else "from") for row in rows)
    return tuple(Step(float(row[word]), word == "above", row[value]) for row, word in bounds)
