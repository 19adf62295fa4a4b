"""What crews surveyed on segments of streets, and computed priorities and evaluations of maintenance."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, Boolean, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import (
    Code,
    Facts,
    Key,
    Model,
    Moment,
    Name,
    UtcDateTime,
    Words,
    geometry,
    reference,
)


class SegmentSurvey(Model):
    """What was seen on one segment of a street: appended; a correction is a row of its own that names the one
    it replaces (`corrects_id`).

    `line_id` with `from_m` and `to_m` says where, in metres along the line; `street` is its name then. What
    was not looked at is None. `version` names the version of the guide that the index was worked out by, and
    `guide` holds what that version said on the day: its source, how far it is trusted, the length that holes
    are counted for, the width of a wide crack. `distress` is None and `condition` empty where there is no
    index, since the surface is not asphalt or something was not looked at; `why_none` says which.
    """

    __tablename__ = "segment_survey"

    id: Mapped[Key]
    line_id: Mapped[int] = reference("line.id")
    street: Mapped[Name] = mapped_column(String(200), default="")
    from_m: Mapped[float]
    to_m: Mapped[float]
    surface: Mapped[Code]
    crack_area_percent: Mapped[float | None]
    crack_width: Mapped[Code] = mapped_column(String(40), default="")
    holes: Mapped[int | None]
    rut_depth_cm: Mapped[float | None]
    side_drain: Mapped[Code] = mapped_column(String(40), default="")
    words: Mapped[Words] = mapped_column(default="")
    version: Mapped[Code]
    guide: Mapped[Facts] = mapped_column(default=dict)
    distress: Mapped[float | None]
    condition: Mapped[Code] = mapped_column(String(40), default="", index=True)
    why_none: Mapped[Code] = mapped_column(String(40), default="")
    place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    client_key: Mapped[str] = mapped_column(String(64), unique=True)
    corrects_id: Mapped[int | None] = mapped_column(nullable=True, unique=True)
    user_id: Mapped[int] = reference("user_account.id")
    surveyed_at: Mapped[Moment]
    received_at: Mapped[Moment]


class MaintenanceRun(Model):
    """Priorities for a budget, or what became of a treated street: computed by the worker, and kept.

    `kind` is ``priorities`` or ``evaluation``; `question` is what was asked and `question_digest` finds it
    again (`domain.maintenance_questions`). `change_seq` is the last change of the map that it saw. `figures`
    are what the page states; `refusal` says what was too little.
    """

    __tablename__ = "maintenance_run"

    id: Mapped[Key]
    kind: Mapped[Code] = mapped_column(String(40), index=True)
    state: Mapped[Code] = mapped_column(String(40), default="queued", index=True)
    progress: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    question: Mapped[Facts]
    question_digest: Mapped[str] = mapped_column(String(64), index=True)
    seed: Mapped[int]
    change_seq: Mapped[int] = mapped_column(BigInteger, default=0)
    figures: Mapped[Facts] = mapped_column(default=dict)
    refusal: Mapped[Facts] = mapped_column(default=dict)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    created_at: Mapped[Moment]
    computed_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class MaintenanceRow(Model):
    """One line of a run: a segment by its rank, or a street by its part in a comparison.

    `number` is the rank, or the order on the page; `label` is ``treated``, ``comparable`` or empty. `line_id`
    and the metres are those of the city's lines on that day, `name` the street's. A segment that the budget
    pays for `is_chosen`. `facts` hold the figures.
    """

    __tablename__ = "maintenance_row"
    __table_args__ = (UniqueConstraint("run_id", "number"),)

    id: Mapped[Key]
    run_id: Mapped[int] = reference("maintenance_run.id")
    number: Mapped[int]
    line_id: Mapped[int]
    name: Mapped[Name] = mapped_column(String(200), default="")
    from_m: Mapped[float]
    to_m: Mapped[float]
    label: Mapped[Code] = mapped_column(String(40), default="")
    is_chosen: Mapped[bool] = mapped_column(Boolean, default=False)
    facts: Mapped[Facts] = mapped_column(default=dict)
