"""What a map of hotspots must say of itself, so that whoever reads it can judge it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Literal

Method = Literal["gi", "moran", "emerging"]
METHODS = {
    "gi": "Getis-Ord Gi* (analytic, two-sided)",
    "moran": "local Moran (conditional permutations, two-sided)",
    "emerging": "emerging hotspots (Gi* in space and time, Mann-Kendall)",
}
Shape = Literal["hexagon", "square", "area", "segment"]
CORRECTIONS = {
    "fdr": "false discovery rate (Benjamini and Hochberg)",
    "none": "each cell on its own, no correction",
}
ENOUGH_EXPECTED = 20
"""Below it, maps of chance alone have hot cells too often: docs/methods/hotspots.md tells how often."""
BIAS = (
    "Reports are not defects: streets with more people, more smartphones or a few eager reporters report "
    "more, and so do places after a campaign."
)


@dataclass(frozen=True, slots=True)
class Statement:
    """Everything that a map's reader needs to know of how it was made.

    Parameters
    ----------
    method
        ``"gi"``, ``"moran"`` or ``"emerging"``.
    n
        How many were counted in cells.
    unit
        What was counted: ``"requests"``, ``"work sites"``, ``"first reports"``.
    first, last
        First and last day counted; None where times were not read.
    exposure
        What counts were divided by, in words; ``"none"`` for plain counts.
    shape
        ``"hexagon"``, ``"square"``, ``"area"`` (kelurahan, say) or ``"segment"`` of road.
    size_m, reach_m
        Width of a grid's cells and how far neighbours reach, metres; for segments, reach is how far a request
        may lie from its road. None where there is none.
    crs
        Name and code of the projected system.
    area
        What the study area is.
    level
        Threshold: the rate of false discoveries, or p.
    correction
        ``"fdr"`` or ``"none"``.
    cells, cells_tested
        In the study area, and of those the tested.
    outside, without_place, without_exposure
        Not counted: beyond the study area, with a stand-in for a position, in cells with too little exposure.
    thin
        Neighbourhoods that expect fewer than 5.
    expected_around
        What the neighbourhood in the middle of all expects (median); None where the method does not ask.
    steps, step
        For emerging hotspots: number and length of the steps.
    permutations, seed
        For local Moran.
    """

    method: Method
    n: int
    unit: str
    first: date | None
    last: date | None
    exposure: str
    shape: Shape
    size_m: float | None
    reach_m: float | None
    crs: str
    area: str
    level: float
    correction: Literal["fdr", "none"]
    cells: int
    cells_tested: int
    outside: int = 0
    without_place: int = 0
    without_exposure: int = 0
    thin: int = 0
    expected_around: float | None = None
    steps: int | None = None
    step: str | None = None
    permutations: int | None = None
    seed: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the fields, days as text, for storing beside the map."""
        return {key: str(value) if isinstance(value, date) else value for key, value in asdict(self).items()}

    def lines(self) -> list[str]:
        """Say everything in English, a line for each question a reader may ask."""
        period = "period not stated" if self.first is None else f"{self.first} to {self.last}"
        said = [
            f"Method: {METHODS[self.method]}",
            f"Counted: {self.n:,} {self.unit}, {period}",
            f"Exposure: {self.exposure}",
            f"Cells: {self.cells:,} {self._cell_words()} in {self.crs}, {self.cells_tested:,} tested",
            f"Study area: {self.area}",
            f"Neighbours: {self._neighbour_words()}",
            f"Threshold: {self.level:g}, {CORRECTIONS[self.correction]}",
        ]
        if self.steps is not None:
            said.append(f"Time: {self.steps} steps of {self.step}, ending with the last day")
        if self.permutations is not None:
            said.append(f"Permutations: {self.permutations:,}, seed {self.seed}")
        said.append(
            f"Not counted: {self.outside:,} outside the cells or steps, {self.without_place:,} without a "
            f"position, {self.without_exposure:,} where exposure is too little"
        )
        if self.expected_around is not None and self.expected_around < ENOUGH_EXPECTED:
            said.append(
                f"Caution: a neighbourhood expects {self.expected_around:.1f} (median; {self.thin:,} expect "
                f"fewer than 5); below about {ENOUGH_EXPECTED}, more of what is marked may be chance than "
                "the threshold says. Take larger cells, a longer reach or a longer period"
            )
        return [*said, f"Bias: {BIAS}"]

    def _cell_words(self) -> str:
        if self.size_m is not None:
            return f"{self.shape}s of {self.size_m:g} m"
        if self.shape == "segment":
            return f"segments of road, requests within {self.reach_m:g} m of them"
        return f"{self.shape}s"

    def _neighbour_words(self) -> str:
        if self.shape == "area":
            return "areas that touch"
        return (
            "segments that share an end" if self.shape == "segment" else f"centres within {self.reach_m:g} m"
        )
