"""Whether reports fell on a treated street, against streets that were like it before."""

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fieldops.domain.maintenance_questions import EvaluationQuestion
from fieldops.errors import InvalidInput
from fieldops.operations.cut_city import CutCity
from fieldops.operations.measure_segments import PlacedReports, place_reports
from fieldops.operations.rank_segments import RowMade, Worked
from fieldops.queries.segments import PeriodReports
from geo.statistics.before_after import BeforeAfter, Streets, compare_before_after
from geo.statistics.segments import NOWHERE


@dataclass(frozen=True)
class _Counted:
    """Streets by their lowest row: incidents of three periods, length, and which is treated."""

    street: NDArray[np.int64]
    length_m: NDArray[np.float64]
    earlier: NDArray[np.int64] | None
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    is_treated: NDArray[np.bool_]


def evaluate_street(
    cut: CutCity, reports: PeriodReports, question: EvaluationQuestion, first_known: date | None
) -> Worked:
    """Compare the treated street with comparable ones.

    Parameters
    ----------
    reports
        From the first day of the earlier period to the last day after.
    first_known
        The first day with a report: an earlier period that begins before it is not whole, and is not used.

    Raises
    ------
    TooFewData
        Too few incidents before, or comparable streets.
    InvalidInput
        The street is not drawn any more.
    """
    has_earlier = first_known is not None and first_known <= question.earlier[0]
    counted, placed = _count(cut, reports, question, has_earlier=has_earlier)
    kept = _kept(cut, counted, question)
    found = compare_before_after(
        Streets.of(
            counted.is_treated[kept],
            counted.before[kept],
            counted.after[kept],
            counted.length_m[kept],
            earlier=counted.earlier[kept] if counted.earlier is not None else None,
        ),
        within=question.within,
    )
    at = [int(np.flatnonzero(counted.is_treated)[0]), *kept[found.matches].tolist()]
    rows = [_row(cut, counted, place, number) for number, place in enumerate(at, start=1)]
    figures = _figures(found) | {
        "streets": len(kept),
        "reports": len(reports.frame),
        "unsnapped": placed.unsnapped,
        "estimated": placed.estimated,
        "placeless": reports.placeless,
        "has_earlier": has_earlier,
        "epsg": cut.crs.to_epsg(),
    }
    return Worked(rows, figures)


def _count(
    cut: CutCity, reports: PeriodReports, question: EvaluationQuestion, *, has_earlier: bool
) -> tuple[_Counted, PlacedReports]:
    placed = place_reports(cut, reports)
    on = placed.segment != NOWHERE
    counted = on & placed.is_first
    street_of_report = cut.street[cut.segments.line[placed.segment[counted]]]
    day = reports.frame["day"].to_numpy().astype("datetime64[D]")[counted]
    n = len(cut.street)

    def between(days: tuple[date, date]) -> NDArray[np.int64]:
        inside = (day >= np.datetime64(days[0])) & (day <= np.datetime64(days[1]))
        return np.bincount(street_of_report[inside], minlength=n).astype(np.int64)

    mine = np.flatnonzero(cut.line_id == question.line_id)
    if not len(mine):
        raise InvalidInput("The street is not drawn any more.", field="street")
    heads = np.unique(cut.street)
    length: NDArray[np.float64] = np.bincount(cut.street, cut.length_m, minlength=n).astype(np.float64)
    return (
        _Counted(
            heads,
            length[heads],
            between(question.earlier)[heads] if has_earlier else None,
            between(question.before)[heads],
            between(question.after)[heads],
            heads == cut.street[mine[0]],
        ),
        placed,
    )


def _kept(cut: CutCity, counted: _Counted, question: EvaluationQuestion) -> NDArray[np.int64]:
    """Return which streets may be compared with, and the treated one."""
    out = cut.street[np.isin(cut.line_id, list(question.left_out))]
    kept: NDArray[np.int64] = np.flatnonzero(~np.isin(counted.street, out) | counted.is_treated)
    return kept


def _row(cut: CutCity, counted: _Counted, place: int, number: int) -> RowMade:
    line = int(counted.street[place])
    facts: dict[str, Any] = {
        "before": int(counted.before[place]),
        "after": int(counted.after[place]),
        "earlier": None if counted.earlier is None else int(counted.earlier[place]),
    }
    label = "treated" if counted.is_treated[place] else "comparable"
    return RowMade(
        number,
        int(cut.line_id[line]),
        str(cut.name[line]),
        0.0,
        float(counted.length_m[place]),
        label=label,
        facts=facts,
    )


def _figures(found: BeforeAfter) -> dict[str, Any]:
    def told(value: float | None) -> float | None:
        """JSON has no infinity: None is no bound."""
        return value if value is not None and np.isfinite(value) else None

    return {
        "ratio": told(found.ratio),
        "low": told(found.low),
        "high": told(found.high),
        "verdict": found.verdict,
        "treated_before": found.treated_before,
        "treated_after": found.treated_after,
        "other_before": found.other_before,
        "other_after": found.other_after,
        "comparable": len(found.matches),
        "dispersion": told(found.dispersion),
        "placebo_share": told(found.placebo_share),
        "earlier_ratio": told(found.earlier_ratio),
        "earlier_low": told(found.earlier_low),
        "earlier_high": told(found.earlier_high),
        "share": found.share,
    }
