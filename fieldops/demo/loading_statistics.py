"""What the demonstration's statistics need beside reports: a rain gauge, residents, and computed maps."""

from typing import Final

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.demo.city import DemoCity
from fieldops.installation import Installation
from fieldops.models import Area, AreaResidents, RainDay, RainGauge
from fieldops.models.base import as_point
from fieldops.operations.compute_hotspots import compute_hotspots
from fieldops.operations.refresh_hotspots import refresh_hotspots
from fieldops.transaction import transaction

INVENTED: Final = "dikarang"
"""Said of every figure here: it is an example, invented."""

RESIDENTS_A_KM2: Final = (7_000, 19_000)
"""Invented, in the order of size of the city's kelurahan."""


def add_statistics(session: Session, made: DemoCity) -> None:
    """Add the rain of the ninety days and residents of every kelurahan."""
    west, south, east, north = made.places.areas.total_bounds
    gauge = RainGauge(
        name="Pos hujan contoh", source=INVENTED, place=as_point((west + east) / 2, (south + north) / 2)
    )
    session.add(gauge)
    session.flush()
    session.add_all(RainDay(gauge_id=gauge.id, day=one.day, depth_mm=one.mm) for one in made.rain)
    kelurahan = made.places.area("kelurahan").set_index("name")
    area_km2 = kelurahan.to_crs(kelurahan.estimate_utm_crs()).area / 1e6
    dice = np.random.default_rng(made.seed)
    rows = session.execute(select(Area.id, Area.name).where(Area.kind == "kelurahan").order_by(Area.id))
    session.add_all(
        AreaResidents(
            area_id=row.id,
            year=made.end.year,
            residents=int(round(area_km2[row.name] * dice.uniform(*RESIDENTS_A_KM2), -1)),
            source=INVENTED,
        )
        for row in rows
    )
    session.flush()


def compute_maps(installation: Installation) -> int:
    """Compute the standing maps of hotspots, as the schedule does every night; return how many."""
    with transaction() as session:
        runs = refresh_hotspots(session, installation)
    for run_id in runs:
        compute_hotspots(installation, run_id, transaction)
    return len(runs)
