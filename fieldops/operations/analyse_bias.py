"""Who reports: by which channel and from which kelurahan, how few make how many, and where too few report."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Exposure, Question, Shape
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.operations.analysis_jobs import Compute, Figures, counted_figures, or_why_not, short
from fieldops.operations.hotspot_ground import Material, count_units, lay_ground, names_of
from fieldops.operations.linking_rules import city_crs
from fieldops.queries.frames import areas
from fieldops.queries.hotspot_frames import Reports, numbers_of, reports_of, residents, roads
from fieldops.queries.reporters import reporter_indices
from geo.statistics.refusals import LEAST_COMPLAINTS, refuse_below
from geo.statistics.reporting_bias import (
    LEAST_PEOPLE,
    area_rates,
    channel_changes,
    concentration,
    silent_areas,
)

SIZES: Final = (("residents", Exposure.RESIDENTS), ("road_km", Exposure.ROAD_KM))
"""What the reports of a kelurahan are held against, thousands of residents and kilometres of road."""

Q: Final = 0.1


def analyse_bias(session: Session, installation: Installation, question: Question, seed: int) -> Compute:
    """Read reports of a period and of the one before; return what computes how lopsided they are."""
    del seed  # nothing here is left to chance
    city = installation.city
    people, source, year = residents(session)
    material = Material(
        crs=city_crs(city),
        reports=reports_of(session, city, question, question.earlier_first or question.first, question.last),
        outline=None,
        kelurahan=areas(session, "kelurahan"),
        roads=roads(session),
        residents=people,
        residents_source=f"{source} {year}" if year else "",
    )
    reporters = reporter_indices(session, numbers_of(city, question))

    def compute(report: Callable[[int], None]) -> Figures:
        earlier, later = _halves(material.reports, question.first)
        refuse_below("complaints", len(later.frame), LEAST_COMPLAINTS)
        now = replace(material, reports=later)
        figures = counted_figures(later, later.frame) | {
            "reports_before": len(earlier.frame),
            "least_people": LEAST_PEOPLE,
            "q": Q,
            "channels": or_why_not(lambda: _channels(earlier, later)),
            "people": or_why_not(lambda: _people(reporters)),
        }
        report(30)
        for name, exposure in SIZES:
            figures[name] = or_why_not(partial(_areas, now, question, exposure))
        report(80)
        return figures | {
            "residents_source": material.residents_source,
            "epsg": material.crs.to_epsg(),
        }

    return compute


def _halves(reports: Reports, first: date) -> tuple[Reports, Reports]:
    is_later = reports.frame["day"].to_numpy().astype("datetime64[D]") >= np.datetime64(first, "D")
    return Reports(reports.frame[~is_later], 0), Reports(reports.frame[is_later], reports.placeless)


def _channels(earlier: Reports, later: Reports) -> Figures:
    refuse_below(
        "earlier_reports", len(earlier.frame), 1, "The period before has {found} reports; {needed} is needed."
    )
    rows = channel_changes(Counter(earlier.frame["channel"]), Counter(later.frame["channel"]))
    return {
        "rows": [
            {"channel": one.channel, "before": _told(one.before), "after": _told(one.after)}
            | (
                {
                    "share_before": short(one.share_before),
                    "share_after": short(one.share_after),
                    "change": short(one.change),
                    "low": short(one.low),
                    "high": short(one.high),
                }
                if _told(one.before) is not None and _told(one.after) is not None
                else {}
            )
            for one in sorted(rows, key=lambda row: (-row.after, row.channel))
        ]
    }


def _people(reporters: NDArray[np.int64]) -> Figures:
    found = concentration(reporters)
    return {
        "people": found.people,
        "reports": found.reports,
        "once": found.once,
        "gini": short(found.gini),
        "top_people": found.top_people,
        "top_share": None if found.top_share is None else short(found.top_share),
    }


def _areas(material: Material, question: Question, exposure: Exposure) -> Figures:
    """Return a row a kelurahan: reports against what it has of exposure, and what would be expected."""
    ground = lay_ground(material, replace(question, shape=Shape.KELURAHAN, exposure=exposure))
    counts, outside = count_units(material.reports.frame, ground.cells, material.crs)
    if ground.exposure is None:  # never with an exposure asked for
        raise InvalidInput("Nothing divides the reports.")
    size, names = ground.exposure, names_of(material, ground)
    has = size > 0.0
    rates = area_rates(counts[has], size[has])
    silent = silent_areas(counts[has], size[has], q=Q)
    rows = [
        _row(name, int(counts[has][at]), float(size[has][at]), rates, silent, at)
        for at, name in enumerate(np.array(names)[has].tolist())
    ]
    return {
        "rows": sorted(rows, key=lambda row: (row["p"], row["name"])),
        "gini": short(rates.gini),
        "spread": short(silent.spread),
        "outside": outside,
        "without": int((~has).sum()),
        "total": short(float(size.sum())),
    }


def _row(name: str, count: int, size: float, rates: Any, silent: Any, at: int) -> Figures:
    told = _told(count)
    figures = {
        "name": name,
        "count": told,
        "size": short(size),
        "expected": short(silent.expected[at]),
        "expected_low": int(silent.low[at]),
        "expected_high": int(silent.high[at]),
        "p": float(silent.p[at]),
        "is_silent": bool(silent.is_silent[at]),
    }
    if told is not None:
        figures |= {
            "rate": short(rates.rate[at]),
            "low": short(rates.low[at]),
            "high": short(rates.high[at]),
        }
    return figures


def _told(many: int) -> int | None:
    """Return a number of reports, None for the few that could point at somebody."""
    return None if 0 < many < LEAST_PEOPLE else many
