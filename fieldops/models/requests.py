"""Service requests, their appended history and their photos. Who reported is kept elsewhere (reporters)."""

from datetime import datetime

from geoalchemy2 import WKBElement
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Index, String, UniqueConstraint
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


class ServiceRequest(Model):
    """One person's report of one problem.

    `place` is the exact point, for staff only; `public_place` is snapped to the street and is the only
    point that leaves the building. `map_key` and `public_key` are where both lie on the map of tiles, and are
    written together with them (`operations.map_place`). There is no way from here to the reporter.
    """

    __tablename__ = "service_request"
    __table_args__ = (
        UniqueConstraint("source", "external_key"),
        CheckConstraint("severity between 1 and 3", name="severity_range"),
        Index("ix_service_request_status_service", "status", "service_id"),
    )

    id: Mapped[Key]
    code: Mapped[Code] = mapped_column(String(40), unique=True)
    link_digest: Mapped[str] = mapped_column(String(64), unique=True)
    source: Mapped[Code] = mapped_column(String(40), default="fieldops")
    external_key: Mapped[str] = mapped_column(String(100))
    service_id: Mapped[int] = reference("service.id")
    department_id: Mapped[int] = reference("department.id")
    status: Mapped[Code] = mapped_column(String(40), index=True)
    closed_reason: Mapped[Code | None] = mapped_column(String(40))
    severity: Mapped[int] = mapped_column(default=2)
    words: Mapped[Words]
    channel: Mapped[Code]
    language: Mapped[Code] = mapped_column(String(40), default="id")
    location_state: Mapped[Code]
    location_source: Mapped[Code | None] = mapped_column(String(40))
    accuracy_m: Mapped[float | None]
    address: Mapped[Name] = mapped_column(String(200), default="")
    landmark: Mapped[Name] = mapped_column(String(200), default="")
    area_id: Mapped[int | None] = reference("area.id", nullable=True)
    place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    public_place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    map_key: Mapped[int | None] = mapped_column(BigInteger)
    public_key: Mapped[int | None] = mapped_column(BigInteger)
    anonymous: Mapped[bool] = mapped_column(Boolean, default=False)
    confidential: Mapped[bool] = mapped_column(Boolean, default=False)
    reported_at: Mapped[Moment] = mapped_column(UtcDateTime(), index=True)
    received_at: Mapped[Moment]
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    scheduled_for: Mapped[datetime | None] = mapped_column(UtcDateTime())
    made_safe_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    cluster_id: Mapped[int | None] = reference("cluster.id", nullable=True)
    duplicate_of_id: Mapped[int | None] = reference("service_request.id", nullable=True)
    times_reopened: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class StatusChange(Model):
    """One appended line of a request's history. Never changed, never deleted.

    `words` are for the reporter; `facts` hold codes and dates, never personal data.
    """

    __tablename__ = "status_change"

    id: Mapped[Key]
    request_id: Mapped[int] = reference("service_request.id")
    source: Mapped[Code | None] = mapped_column(String(40))
    target: Mapped[Code]
    actor: Mapped[Code]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
    words: Mapped[Words] = mapped_column(default="")
    facts: Mapped[Facts] = mapped_column(default=dict)


class Photo(Model):
    """A photo of a request or of a stop; the bytes are in the media store under `sha256`.

    `offered_place` is the position its EXIF held, kept for the crew and the reporter, never public.
    `scene_hash` is its perceptual hash, 16 hexadecimal digits: photos of one scene have nearly the same. None
    until it is computed.
    """

    __tablename__ = "photo"

    id: Mapped[Key]
    request_id: Mapped[int | None] = reference("service_request.id", nullable=True)
    stop_id: Mapped[int | None] = reference("stop.id", nullable=True)
    kind: Mapped[Code]
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    width_px: Mapped[int]
    height_px: Mapped[int]
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    offered_place: Mapped[WKBElement | None] = geometry("POINT", nullable=True)
    added_at: Mapped[Moment]
    scene_hash: Mapped[str | None] = mapped_column(String(16))
