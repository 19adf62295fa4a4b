"""The plans that were computed for a day, newest first."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.models import DayPlan


def plans_of(session: Session, day: date, most: int = 10) -> list[DayPlan]:
    """Return a day's newest plans, whatever became of them."""
    return list(
        session.scalars(select(DayPlan).where(DayPlan.day == day).order_by(DayPlan.id.desc()).limit(most))
    )


def plan_before(session: Session, day_plan: DayPlan) -> DayPlan | None:
    """Return the computed plan of the same day that came before this one; an applied one goes first."""
    earlier = [
        other for other in plans_of(session, day_plan.day, 50) if other.id < day_plan.id and other.answer
    ]
    applied = [other for other in earlier if other.state == "applied"]
    return next(iter(applied or earlier), None)


def last_lists(session: Session, day: date) -> dict[int, list[int]]:
    """Return what the newest plan of a day that was not given up told each crew: order ids by crew."""
    told = next(
        (one for one in plans_of(session, day, 50) if one.answer and one.state in ("proposed", "applied")),
        None,
    )
    routes = told.answer.get("routes", []) if told is not None else []
    return {
        route["vehicle"]: [
            step["id"] for step in route["steps"] if step["type"] == "job" and not step["frozen"]
        ]
        for route in routes
    }
