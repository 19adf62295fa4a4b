"""Changes of a running day: what crews were told, what is proposed instead, what was approved."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.city import City
from fieldops.domain.day_events import UNDECIDED, PlanKind, PlanState
from fieldops.domain.list_changes import Visit
from fieldops.models import BatchRevision, DayPlan


def lists_as_facts(lists: Mapping[int, Sequence[Visit]]) -> list[dict[str, Any]]:
    """Return lists by crew as JSON values; moments as Unix seconds."""
    return [
        {"crew": crew_id, "visits": [visit_as_facts(visit) for visit in visits]}
        for crew_id, visits in lists.items()
    ]


def visit_as_facts(visit: Visit) -> dict[str, int]:
    """Return one visit as JSON values."""
    starts, ends = int(visit.starts_at.timestamp()), int(visit.ends_at.timestamp())
    return {"order": visit.order_id, "starts": starts, "ends": ends}


def visit_of(facts: Mapping[str, int]) -> Visit:
    """Return the visit that `visit_as_facts` wrote."""
    starts, ends = (datetime.fromtimestamp(facts[key], tz=UTC) for key in ("starts", "ends"))
    return Visit(facts["order"], starts, ends)


def told_lists(day_plan: DayPlan) -> dict[int, list[Visit]]:
    """Return the crews' lists as they were when a change was computed."""
    return {
        held["crew"]: [visit_of(facts) for facts in held["visits"]]
        for held in day_plan.asked.get("lists", [])
    }


def proposed_lists(day_plan: DayPlan, city: City) -> dict[int, list[Visit]]:
    """Return the lists that a change proposes: what is still to be visited, by crew. A crew that keeps
    nothing has an empty list.
    """
    midnight = city.midnight(day_plan.day)
    lists: dict[int, list[Visit]] = {crew_id: [] for crew_id in told_lists(day_plan)}
    for route in day_plan.answer.get("routes", []):
        lists[route["vehicle"]] = [
            _visit(step, midnight) for step in route["steps"] if step["type"] == "job" and not step["frozen"]
        ]
    return lists


def _visit(step: Mapping[str, Any], midnight: datetime) -> Visit:
    starts = midnight + timedelta(seconds=step["arrival"] + step["waiting_time"])
    return Visit(step["id"], starts, starts + timedelta(seconds=step["service"]))


def mark_of(day_plan: DayPlan) -> str:
    """Return a short text that is another one when the proposal is: what a page showed, not how far it is."""
    routes = [
        [route["vehicle"], [[step["type"], step.get("id"), step["arrival"]] for step in route["steps"]]]
        for route in day_plan.answer.get("routes", [])
    ]
    return hashlib.sha256(json.dumps(routes).encode()).hexdigest()[:16]


def undecided_change(session: Session, day: date) -> DayPlan | None:
    """Return the newest change of a day that nobody has decided on, or that is being computed."""
    return session.scalar(
        select(DayPlan)
        .where(
            DayPlan.day == day,
            DayPlan.kind == PlanKind.CHANGE.value,
            DayPlan.state.in_(UNDECIDED),
        )
        .order_by(DayPlan.id.desc())
        .limit(1)
    )


def waiting_changes(session: Session) -> list[int]:
    """Return the changes whose computation nobody has begun, oldest first."""
    return list(
        session.scalars(
            select(DayPlan.id)
            .where(DayPlan.kind == PlanKind.CHANGE.value, DayPlan.state == PlanState.QUEUED.value)
            .order_by(DayPlan.id)
        )
    )


def revisions_of(session: Session, batch_id: int) -> list[BatchRevision]:
    """Return the approved versions of a batch's list, newest first."""
    return list(
        session.scalars(
            select(BatchRevision)
            .where(BatchRevision.batch_id == batch_id)
            .order_by(BatchRevision.number.desc())
        )
    )


def versions_of(session: Session, batch_ids: Collection[int]) -> dict[int, list[BatchRevision]]:
    """Return every approved version of each batch's list, oldest first."""
    found: dict[int, list[BatchRevision]] = {}
    rows = session.scalars(
        select(BatchRevision)
        .where(BatchRevision.batch_id.in_(list(batch_ids)))
        .order_by(BatchRevision.batch_id, BatchRevision.number)
    )
    for version in rows:
        found.setdefault(version.batch_id, []).append(version)
    return found


def newest_versions(session: Session, batch_ids: Collection[int]) -> dict[int, BatchRevision]:
    """Return the newest approved version of each batch's list, where it changed since it was sent out."""
    rows = session.scalars(
        select(BatchRevision)
        .where(BatchRevision.batch_id.in_(list(batch_ids)), BatchRevision.reason != "dispatched")
        .order_by(BatchRevision.number)
    )
    return {version.batch_id: version for version in rows}
