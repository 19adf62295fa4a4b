"""Runs of hotspots and their cells."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from fieldops.domain.hotspot_questions import Analysis, Method, is_analysis
from fieldops.errors import NotFound
from fieldops.models import HotspotCell, HotspotRun

BEING_MADE: Final = ("queued", "computing")


def get_run(session: Session, run_id: int) -> HotspotRun:
    """Return a run.

    Raises
    ------
    NotFound
        There is none of this number.
    """
    found = session.get(HotspotRun, run_id)
    if found is None:
        raise NotFound("There is no such map of hotspots.")
    return found


def get_map(session: Session, run_id: int) -> HotspotRun:
    """Return a run that is a map; raise `NotFound` where there is none of this number."""
    run = get_run(session, run_id)
    if is_analysis(run.method):
        raise NotFound("There is no such map of hotspots.")
    return run


def get_analysis(session: Session, run_id: int) -> HotspotRun:
    """Return a run that is an analysis; raise `NotFound` where there is none of this number."""
    run = session.get(HotspotRun, run_id)
    if run is None or not is_analysis(run.method):
        raise NotFound("There is no such analysis.")
    return run


def same_run(session: Session, digest: str, seed: int, change_seq: int) -> HotspotRun | None:
    """Return a run of the same question and seed that is being made, or saw the same change of the map."""
    return session.scalar(
        select(HotspotRun)
        .where(
            HotspotRun.question_digest == digest,
            HotspotRun.seed == seed,
            or_(
                HotspotRun.state.in_(BEING_MADE),
                and_(HotspotRun.state.in_(("done", "refused")), HotspotRun.change_seq == change_seq),
            ),
        )
        .order_by(HotspotRun.id.desc())
        .limit(1)
    )


def newest_standing(session: Session, name: str) -> HotspotRun | None:
    """Return the newest computed run of a standing question."""
    return session.scalar(
        select(HotspotRun)
        .where(HotspotRun.standing == name, HotspotRun.state == "done")
        .order_by(HotspotRun.id.desc())
        .limit(1)
    )


def runs_standing(session: Session) -> list[HotspotRun]:
    """Return the newest run of every standing question, whatever its state, by name."""
    newest = select(func.max(HotspotRun.id)).where(HotspotRun.standing != "").group_by(HotspotRun.standing)
    return list(
        session.scalars(select(HotspotRun).where(HotspotRun.id.in_(newest)).order_by(HotspotRun.standing))
    )


def newest_runs(session: Session, most: int) -> list[HotspotRun]:
    """Return the newest maps."""
    return _newest(session, tuple(Method), most)


def newest_analyses(session: Session, most: int) -> list[HotspotRun]:
    """Return the newest analyses."""
    return _newest(session, tuple(Analysis), most)


def _newest(session: Session, methods: tuple[str, ...], most: int) -> list[HotspotRun]:
    return list(
        session.scalars(
            select(HotspotRun)
            .where(HotspotRun.method.in_(methods))
            .order_by(HotspotRun.id.desc())
            .limit(most)
        )
    )


def waiting_of(session: Session, user_id: int | None) -> int:
    """Return how many runs a user waits for."""
    return (
        session.scalar(
            select(func.count())
            .select_from(HotspotRun)
            .where(HotspotRun.user_id == user_id, HotspotRun.state.in_(BEING_MADE))
        )
        or 0
    )


def cells_of(session: Session, run_id: int) -> Sequence[HotspotCell]:
    """Return the cells of a run by number."""
    return session.scalars(
        select(HotspotCell).where(HotspotCell.run_id == run_id).order_by(HotspotCell.number)
    ).all()


def get_cell(session: Session, run_id: int, number: int) -> HotspotCell:
    """Return one cell.

    Raises
    ------
    NotFound
        The run has no such cell.
    """
    found = session.scalar(
        select(HotspotCell).where(HotspotCell.run_id == run_id, HotspotCell.number == number)
    )
    if found is None:
        raise NotFound("This map of hotspots has no cell of that number.")
    return found


def top_cells(session: Session, run_id: int, most: int, *, offset: int = 0) -> Sequence[HotspotCell]:
    """Return the cells by z, the hottest first."""
    return session.scalars(
        select(HotspotCell)
        .where(HotspotCell.run_id == run_id, HotspotCell.z.is_not(None))
        .order_by(HotspotCell.z.desc(), HotspotCell.number)
        .limit(most)
        .offset(offset)
    ).all()


def count_cells(session: Session, run_id: int) -> int:
    """Return how many cells of a run have a figure to be ranked by."""
    query = select(func.count()).where(HotspotCell.run_id == run_id, HotspotCell.z.is_not(None))
    return session.scalar(query) or 0
