"""Segments by the reports that a treatment avoids per rupiah, and what a budget buys."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fieldops.domain.maintenance_questions import PriorityQuestion
from fieldops.operations.cut_city import CutCity
from fieldops.operations.measure_segments import place_reports
from fieldops.queries.segments import PeriodReports
from geo.statistics.budget_choice import Choice, choose_within
from geo.statistics.priorities import Candidates, Priorities, PriorityRules, rank_priorities
from geo.statistics.refusals import TooFewData
from geo.statistics.segments import NOWHERE

KEPT_ROWS: Final = 1_000
"""So many first places are kept, and all that the budget pays for."""


@dataclass(frozen=True)
class RowMade:
    """One row of a run, as `models.MaintenanceRow` keeps it."""

    number: int
    line_id: int
    name: str
    from_m: float
    to_m: float
    label: str = ""
    is_chosen: bool = False
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Worked:
    """The outcome: rows and what the page states."""

    rows: list[RowMade]
    figures: dict[str, Any]


def rank_segments(
    cut: CutCity, reports: PeriodReports, question: PriorityQuestion, first_known: date | None, seed: int
) -> Worked:
    """Rank the segments of a question and choose within its budget.

    Parameters
    ----------
    first_known
        The first day with a report: the period begins with it, or rates would look lower than they are.

    Raises
    ------
    TooFewData
        Too few segments or incidents, or a budget that pays for none.
    """
    placed = place_reports(cut, reports)
    on = placed.segment != NOWHERE
    counted = np.bincount(placed.segment[on & placed.is_first], minlength=len(cut.segments))
    wanted = _wanted(cut, question)
    length = cut.segments.length_m[wanted]
    units = length if question.cost_per == "metre" else np.ones(len(length))
    incidents = counted[wanted]
    candidates = Candidates.of(
        [question.kind] * len(length),
        incidents,
        np.maximum(length, 1e-6),
        np.maximum(units, 1e-6),
        np.full(len(length), float(question.cost_rp)),
        years=question.years_since(first_known),
    )
    cheapest = float(candidates.cost.min()) if len(length) else 0.0
    if len(length) and question.budget_rp < cheapest:
        raise TooFewData(
            "budget",
            float(question.budget_rp),
            cheapest,
            "A budget of Rp{found} buys nothing; the cheapest segment costs Rp{needed}.",
        )
    effects = {question.kind: (question.effect_low, question.effect_high)}
    rules = PriorityRules(horizon_years=question.horizon_years, top=question.top, seed=seed)
    ranked = rank_priorities(candidates, effects, rules=rules)
    choice = choose_within(candidates, effects, float(question.budget_rp), rules=rules)
    figures = {
        "segments": len(length),
        "first": max(question.first, first_known or question.first).isoformat(),
        "km": float(length.sum()) / 1000.0,
        "reports": len(reports.frame),
        "incidents": int(incidents.sum()),
        "without_any": int((incidents == 0).sum()),
        "unsnapped": placed.unsnapped,
        "estimated": placed.estimated,
        "placeless": reports.placeless,
        "elsewhere": int(counted.sum() - incidents.sum()),
        "cost_of_all": float(candidates.cost.sum()),
        "epsg": cut.crs.to_epsg(),
        **_choice_figures(choice),
        "draws": ranked.draws,
        "share": rules.share,
        "weight_median": float(np.median(ranked.weight_of_own)),
    }
    return Worked(_rows(cut, wanted, incidents, candidates, (ranked, choice)), figures)


def _wanted(cut: CutCity, question: PriorityQuestion) -> NDArray[np.int64]:
    if not question.jurisdiction:
        return np.arange(len(cut.segments))
    return np.flatnonzero(cut.jurisdiction[cut.segments.line] == question.jurisdiction)


def _choice_figures(choice: Choice) -> dict[str, Any]:
    return {
        "chosen": len(choice.rows),
        "spent": choice.spent,
        "avoided": choice.avoided,
        "avoided_low": choice.low,
        "avoided_high": choice.high,
        "is_best": choice.is_best,
        "most_missed": choice.most_missed,
    }


def _rows(
    cut: CutCity,
    wanted: NDArray[np.int64],
    incidents: NDArray[np.int64],
    candidates: Candidates,
    outcome: tuple[Priorities, Choice],
) -> list[RowMade]:
    ranked, choice = outcome
    chosen = set(choice.rows.tolist())
    made = []
    for at in ranked.order.tolist():
        number = int(ranked.rank[at])
        if number > KEPT_ROWS and at not in chosen:
            continue
        row = int(wanted[at])
        line = int(cut.segments.line[row])
        made.append(
            RowMade(
                number,
                int(cut.line_id[line]),
                str(cut.name[line]),
                float(cut.segments.from_m[row]),
                float(cut.segments.to_m[row]),
                is_chosen=at in chosen,
                facts={
                    "incidents": int(incidents[at]),
                    "cost": float(candidates.cost[at]),
                    "avoided": float(ranked.avoided[at]),
                    "low": float(ranked.low[at]),
                    "high": float(ranked.high[at]),
                    "per_million": float(ranked.per_million[at]),
                    "rank_low": int(ranked.rank_low[at]),
                    "rank_high": int(ranked.rank_high[at]),
                    "chance_of_top": float(ranked.chance_of_top[at]),
                    "weight_of_own": float(ranked.weight_of_own[at]),
                },
            )
        )
    return made
