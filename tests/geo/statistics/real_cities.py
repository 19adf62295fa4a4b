"""Requests of real cities, read from the data beside the checkout, as the methods page shows them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.clustering.positions import default_positions
from geo.crs import projected_crs, to_metres
from geo.grid import Grid
from geo.statistics.study_cells import StudyCells, grid_cells

DATA: Final = Path(__file__).parents[3] / ".." / "shared" / "data"
FILES: Final = {
    "boston": DATA / "boston311" / "requests_2011h2.parquet",
    "zurich": DATA / "zurich_zueriwieneu" / "reports_2016_2022.parquet",
}
KINDS: Final = {"boston": "Request for Pothole Repair", "zurich": "Strasse/Trottoir/Platz"}
GROUND_M: Final = 250.0


@dataclass(frozen=True, eq=False)
class City:
    """Requests with a place, (n,) each.

    Parameters
    ----------
    x_m, y_m
        Metres in `crs`.
    is_road
        Of the kind that is studied: potholes in Boston, road surface in Zurich.
    day
        Day of the report.
    neighbourhood
        The city's own name of the part of town, where it gives one.
    without_place
        Requests of the studied kind that were left out, since their coordinate stands for many addresses.
    crs
        UTM zone.
    """

    x_m: np.ndarray
    y_m: np.ndarray
    is_road: np.ndarray
    day: np.ndarray
    neighbourhood: np.ndarray
    without_place: int
    crs: CRS

    def ground(self, size_m: float) -> StudyCells:
        """Cells over the ground that any request came from, in hexagons of 250 m."""
        lived = Grid(GROUND_M, "hexagon")
        cells = np.unique(lived.cells(self.x_m, self.y_m), axis=0)
        return grid_cells(Grid(size_m, "hexagon"), shapely.union_all(lived.polygons(cells)))


@lru_cache(maxsize=2)
def read_city(name: str) -> City:
    """Read a city's requests of all kinds."""
    frame = pd.read_parquet(FILES[name])
    lon, lat = frame["lon"].to_numpy(), frame["lat"].to_numpy()
    addresses = frame["address"].tolist() if "address" in frame else [""] * len(frame)
    placed = ~default_positions(lon, lat, addresses)
    kind = frame["type" if "type" in frame else "service_code"] == KINDS[name]
    crs = projected_crs(lon[placed], lat[placed])
    x_m, y_m = to_metres(lon[placed], lat[placed], crs)
    parts = frame["neighborhood"].fillna("") if "neighborhood" in frame else pd.Series("", index=frame.index)
    when = pd.to_datetime(frame["opened" if "opened" in frame else "date"])
    return City(
        x_m=x_m,
        y_m=y_m,
        is_road=kind.to_numpy()[placed],
        day=when.to_numpy().astype("datetime64[D]")[placed],
        neighbourhood=parts.to_numpy(dtype=object)[placed],
        without_place=int((kind.to_numpy() & ~placed).sum()),
        crs=crs,
    )


def write_requests(name: str, path: Path) -> Path:
    """Write the studied kind as a CSV for the command."""
    frame = pd.read_parquet(FILES[name])
    kind = frame["type" if "type" in frame else "service_code"] == KINDS[name]
    frame = frame[kind].rename(columns={"opened": "when", "date": "when"})
    if "address" not in frame:
        frame = frame.assign(address="")
    frame[["when", "lon", "lat", "address"]].to_csv(path, index=False)
    return path
