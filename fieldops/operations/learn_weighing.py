"""Learning how much each reason counts for one place, from people's merges, splits and "same as"."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.installation import Installation
from fieldops.models import PairWeighing, ServiceRequest
from fieldops.operations.gather_evidence import Evidence
from fieldops.operations.linking_rules import city_crs, link_rules
from fieldops.operations.weigh_reasons import is_enough
from fieldops.queries.services import services_by_id
from fieldops.queries.weighings import DecidedPair, Repaired, decided_pairs, latest_weighing, repaired_reports
from geo.clustering.neighbours import near_pairs
from geo.clustering.rules import DAY_S
from geo.clustering.weighing import LEAST_OF_EACH, Weighing, rightly_ordered, table_of
from geo.crs import to_metres

MOST_DECIDED: Final = 2_000
MOST_REPAIRED: Final = 4_000
KEPT: Final = 10

Pair = tuple[int, int]
UnitOfWork = Callable[[], AbstractContextManager[Session]]


@dataclass(frozen=True)
class _Lessons:
    """Pairs with their reasons, (n, 6), and whether they are one place: those that people decided, by time,
    and those that crews finished as one place or as two.
    """

    decided: np.ndarray
    is_one: np.ndarray
    worked: np.ndarray
    worked_is_one: np.ndarray


def learn_weighing(session: Session, installation: Installation, unit_of_work: UnitOfWork) -> int | None:
    """Learn from all decisions; return the number of what was learnt, None where too few were decided or
    nothing is new. How many were decided is kept in either case, so that no page counts them.

    Thousands of reports are read and compared in `session`, which writes nothing; only keeping the outcome
    is a unit of work, since nobody could save a report meanwhile.

    What people merge lies farther apart than what was joined without asking, and what they split lies nearer:
    from their decisions alone it would seem that distance speaks for one place. So pairs that crews finished,
    as one place or as two, are learnt from as well. What was learnt is used unless, learnt from the older
    half of the decisions, it orders the newer half worse than the stated weights do.
    """
    pairs = decided_pairs(session)[-MOST_DECIDED:]
    joined = sum(pair.together for pair in pairs)
    counts = {"joined": joined, "parted": len(pairs) - joined}
    digest = _digest(pairs)
    last = latest_weighing(session)
    is_known = last is not None and last.learnt_from == digest
    if is_known and last is not None and last.factors:
        return None
    if not is_enough(**counts):
        if not is_known:
            _keep_counts(session, unit_of_work, digest, counts)
        return None
    lessons = _lessons(session, installation, pairs)
    proof = _proof(lessons)
    table = np.concatenate([lessons.decided, lessons.worked])
    is_one = np.concatenate([lessons.is_one, lessons.worked_is_one])
    session.rollback()  # what was read is in hand: nothing stays open while it is fitted
    if min(is_one.sum(), (~is_one).sum()) < LEAST_OF_EACH:
        if not is_known:
            _keep_counts(session, unit_of_work, digest, counts)
        return None
    learnt = Weighing.fit(table, is_one)
    is_used = proof is not None and proof["learnt"] >= proof["stated"]
    card = {
        **counts,
        "finished_as_one": int(lessons.worked_is_one.sum()),
        "finished_as_two": int((~lessons.worked_is_one).sum()),
        "first": pairs[0].at.date().isoformat(),
        "last": pairs[-1].at.date().isoformat(),
        "proof": proof,
    }
    with unit_of_work() as writing:
        return _keep(writing, learnt, digest, card, is_used=is_used)


def _digest(pairs: Sequence[DecidedPair]) -> str:
    lines = "\n".join(f"{pair.first_id} {pair.second_id} {pair.together}" for pair in pairs)
    return hashlib.sha256(lines.encode()).hexdigest()


# ---------------------------------------------------------------- what there is to learn from


def _lessons(session: Session, installation: Installation, pairs: Sequence[DecidedPair]) -> _Lessons:
    decided = {(pair.first_id, pair.second_id): pair.together for pair in pairs}
    worked = {
        pair: is_one
        for pair, is_one in _finished(session, installation, repaired_reports(session, MOST_REPAIRED)).items()
        if pair not in decided
    }
    numbers = sorted({number for pair in (*decided, *worked) for number in pair})
    requests = {
        one.id: one
        for start in range(0, len(numbers), 500)
        for one in session.scalars(
            select(ServiceRequest).where(ServiceRequest.id.in_(numbers[start : start + 500]))
        )
    }
    evidence = Evidence(session, installation, list(requests.values()), weighing=Weighing())
    return _Lessons(
        *_table(evidence, requests, decided),
        *_table(evidence, requests, worked),
    )


def _table(
    evidence: Evidence, requests: dict[int, ServiceRequest], pairs: dict[Pair, bool]
) -> tuple[np.ndarray, np.ndarray]:
    found = [
        (why.weights, is_one)
        for (first, second), is_one in pairs.items()
        if (why := evidence.of(requests[first], requests[second])) is not None
    ]
    return table_of([weights for weights, _ in found]), np.array([is_one for _, is_one in found], dtype=bool)


def _finished(session: Session, installation: Installation, reports: Sequence[Repaired]) -> dict[Pair, bool]:
    """Return pairs near enough to be suggested that crews repaired, and whether as one place; as many of two
    places as of one at most, the nearest first.
    """
    rules = link_rules(services_by_id(session))
    found: list[tuple[float, Pair, bool]] = []
    for key in sorted({one.linked_as for one in reports}):
        some = [one for one in reports if one.linked_as == key]
        x, y = to_metres([one.lon for one in some], [one.lat for one in some], city_crs(installation.city))
        rule = rules[key]
        when = np.array([one.reported_at.timestamp() for one in some])
        reach_m = max(rule.suggest_m, rule.auto_link_m)
        for a, b in near_pairs(x, y, reach_m, time_s=when, window_s=rule.window_days * DAY_S).tolist():
            pair = (min(some[a].id, some[b].id), max(some[a].id, some[b].id))
            off_m = float(np.hypot(x[a] - x[b], y[a] - y[b]))
            found.append((off_m, pair, some[a].cluster_id == some[b].cluster_id))
    found.sort()
    half = MOST_DECIDED // 2
    kept = [[pair for _off, pair, is_one in found if is_one is side][:half] for side in (True, False)]
    return dict.fromkeys(kept[0], True) | dict.fromkeys(kept[1], False)


# ---------------------------------------------------------------- proving and keeping it


def _proof(lessons: _Lessons) -> dict[str, float] | None:
    """Return how well the newer half of the decisions is ordered by what the older half taught and by the
    stated weights; None where a half is all of one kind.
    """
    half = len(lessons.is_one) // 2
    table = np.concatenate([lessons.decided[:half], lessons.worked])
    is_one = np.concatenate([lessons.is_one[:half], lessons.worked_is_one])
    newer, newer_is_one = lessons.decided[half:], lessons.is_one[half:]
    if min(is_one.sum(), (~is_one).sum()) < LEAST_OF_EACH or newer_is_one.all() or not newer_is_one.any():
        return None
    learnt = Weighing.fit(table, is_one)
    return {
        "pairs": len(newer_is_one),
        "learnt": rightly_ordered(learnt.score(newer), newer_is_one),
        "stated": rightly_ordered(Weighing().score(newer), newer_is_one),
    }


def _keep(session: Session, learnt: Weighing, digest: str, card: dict[str, Any], *, is_used: bool) -> int:
    session.execute(update(PairWeighing).values(active=False))
    made = PairWeighing(
        learnt_at=clock.now(),
        learnt_from=digest,
        factors=dict(learnt.factors),
        card=card,
        active=is_used,
    )
    session.add(made)
    session.flush()
    session.execute(delete(PairWeighing).where(PairWeighing.id <= made.id - KEPT))
    return made.id


def _keep_counts(session: Session, unit_of_work: UnitOfWork, digest: str, counts: dict[str, int]) -> None:
    """Keep how many were decided, in the place of the count before; what was learnt earlier stays in use."""
    session.rollback()
    with unit_of_work() as writing:
        last = latest_weighing(writing)
        if last is not None and not last.factors:
            writing.delete(last)
        writing.add(
            PairWeighing(learnt_at=clock.now(), learnt_from=digest, factors={}, card=counts, active=False)
        )
        writing.flush()
