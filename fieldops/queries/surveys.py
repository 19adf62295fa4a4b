"""Surveys of segments, and the streets they lie on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from fieldops.errors import NotFound
from fieldops.models import Line, SegmentSurvey, User
from fieldops.queries.spatial import Box, within

STREET: Final = "street"
DRAIN: Final = "drain"
LINE_KINDS: Final = (STREET, DRAIN)


@dataclass(frozen=True)
class LineShown:
    """A line of the city's drawing with its shape in degrees."""

    id: int
    name: str
    jurisdiction: str
    shape: BaseGeometry


def get_line(session: Session, line_id: int) -> Line:
    """Return a street or drain.

    Raises
    ------
    NotFound
        There is none of this number.
    """
    found = session.get(Line, line_id)
    if found is None or found.kind not in LINE_KINDS:
        raise NotFound("There is no such street.")
    return found


def get_survey(session: Session, survey_id: int) -> SegmentSurvey:
    """Return a survey.

    Raises
    ------
    NotFound
        There is none of this number.
    """
    found = session.get(SegmentSurvey, survey_id)
    if found is None:
        raise NotFound("There is no such survey.")
    return found


def survey_of_key(session: Session, client_key: str) -> SegmentSurvey | None:
    """Return the survey that a form's key made."""
    return session.scalar(select(SegmentSurvey).where(SegmentSurvey.client_key == client_key))


def survey_that_corrects(session: Session, survey_id: int) -> SegmentSurvey | None:
    """Return the survey that replaces another one."""
    return session.scalar(select(SegmentSurvey).where(SegmentSurvey.corrects_id == survey_id))


def _is_valid() -> ColumnElement[bool]:
    later = aliased(SegmentSurvey)
    return ~select(later.id).where(later.corrects_id == SegmentSurvey.id).exists()


def valid_surveys(session: Session, line_ids: Collection[int] | None = None) -> list[SegmentSurvey]:
    """Return the surveys that no other one corrects, oldest first; of some lines, or of all."""
    query = select(SegmentSurvey).where(_is_valid())
    if line_ids is not None:
        query = query.where(SegmentSurvey.line_id.in_(list(line_ids)))
    return list(session.scalars(query.order_by(SegmentSurvey.surveyed_at, SegmentSurvey.id)))


def surveys_on(session: Session, line_id: int, from_m: float, to_m: float) -> list[tuple[SegmentSurvey, str]]:
    """Return all surveys that overlap a stretch of a line, newest first, with who made each."""
    rows = session.execute(
        select(SegmentSurvey, User.name)
        .join(User, User.id == SegmentSurvey.user_id)
        .where(
            SegmentSurvey.line_id == line_id,
            SegmentSurvey.from_m < to_m - 1.0,
            SegmentSurvey.to_m > from_m + 1.0,
        )
        .order_by(SegmentSurvey.surveyed_at.desc(), SegmentSurvey.id.desc())
    )
    return [(row[0], row[1]) for row in rows]


def own_surveys(session: Session, user_id: int, most: int) -> list[SegmentSurvey]:
    """Return a person's newest surveys that stand."""
    return list(
        session.scalars(
            select(SegmentSurvey)
            .where(SegmentSurvey.user_id == user_id, _is_valid())
            .order_by(SegmentSurvey.id.desc())
            .limit(most)
        )
    )


def last_version(session: Session) -> str:
    """Return the version of the guide that the newest survey used; empty before the first one."""
    newest = select(SegmentSurvey.version).order_by(SegmentSurvey.id.desc()).limit(1)
    return session.scalar(newest) or ""


def kinds_drawn(session: Session) -> dict[str, int]:
    """Return how many lines there are of each kind that is cut into segments."""
    rows = session.execute(
        select(Line.kind, func.count().label("many")).where(Line.kind.in_(LINE_KINDS)).group_by(Line.kind)
    )
    return {row.kind: row.many for row in rows}


def lines_near(session: Session, box: Box) -> list[LineShown]:
    """Return the streets whose box meets a box in degrees."""
    query: Any = select(Line.id, Line.name, Line.jurisdiction, Line.shape).where(Line.kind == STREET)
    rows = session.execute(within(session, query, Line.shape, box).order_by(Line.id))
    return [LineShown(row.id, row.name, row.jurisdiction, to_shape(row.shape)) for row in rows]


def lines_named(session: Session, words: str, most: int) -> list[LineShown]:
    """Return streets whose name holds all the words, whatever their case, by name."""
    query = select(Line.id, Line.name, Line.jurisdiction, Line.shape).where(Line.kind == STREET)
    for word in words.split():
        query = query.where(func.lower(Line.name).contains(word.lower(), autoescape=True))
    rows = session.execute(query.order_by(Line.name, Line.id).limit(most))
    return [LineShown(row.id, row.name, row.jurisdiction, to_shape(row.shape)) for row in rows]
