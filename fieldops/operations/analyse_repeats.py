"""Places that were repaired again within a short time, from finished work orders."""

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Question
from fieldops.installation import Installation
from fieldops.operations.analysis_jobs import Compute, Figures, short
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.repairs import repairs_of
from geo.crs import to_metres
from geo.statistics.repeat_repairs import RADIUS_M, SAME_WORK_DAYS, WINDOW_DAYS, repeat_repairs

MOST_PLACES: Final = 200
APART_M: Final = 1e7


def analyse_repeats(session: Session, installation: Installation, question: Question, seed: int) -> Compute:
    """Read finished work of a period; return what computes the places that were repaired again."""
    del seed  # nothing here is left to chance
    repairs = repairs_of(session, installation.city, question)
    crs = city_crs(installation.city)

    def compute(report: Callable[[int], None]) -> Figures:
        planned = repairs["is_planned"].to_numpy(dtype=np.bool_)
        x_m, y_m = to_metres(repairs["lon"].to_numpy(), repairs["lat"].to_numpy(), crs)
        # A hole and a drain at one place are two things: each family is searched far from the others.
        family = pd.factorize(repairs["family"])[0]
        found = repeat_repairs(
            x_m + APART_M * family,
            y_m,
            repairs["at_day"].to_numpy(dtype=np.float64),
            is_planned=planned,
        )
        report(70)
        return {
            "epsg": crs.to_epsg(),
            "orders": len(repairs),
            "planned": int(planned.sum()),
            "repairs": found.repairs,
            "works": found.works,
            "repeats": found.repeats,
            "share": short(found.share),
            "low": short(found.low),
            "high": short(found.high),
            "places_many": len(found.places),
            "places": [
                {
                    "orders": [int(repairs["id"].iloc[row]) for row in one.rows],
                    "repeats": one.repeats,
                    "days": round(one.last_day - one.first_day),
                    "lon": round(float(repairs["lon"].iloc[one.rows[0]]), 6),
                    "lat": round(float(repairs["lat"].iloc[one.rows[0]]), 6),
                }
                for one in found.places[:MOST_PLACES]
            ],
            "radius_m": RADIUS_M,
            "window_days": WINDOW_DAYS,
            "same_work_days": SAME_WORK_DAYS,
        }

    return compute
