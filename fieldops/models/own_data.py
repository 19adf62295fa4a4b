"""What people may do with what is held about them: links to see it, visits by them, deletions that wait.

Reached by operations and queries/own_data alone, like the people themselves.
"""

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, UtcDateTime, reference


class DataLink(Model):
    """A link that was sent to a person: good once, for a short time.

    Its secret is made by the secret key from `key`, anew whenever it is sent; `digest` finds the row.
    `purpose` is "open" (their data) or "confirm" (that `contact_sealed`, a new contact, is theirs).
    """

    __tablename__ = "data_link"

    id: Mapped[Key]
    reporter_id: Mapped[int | None] = reference("reporter.id", nullable=True)
    purpose: Mapped[Code]
    key: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    contact_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[Moment]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    used_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class DataVisit(Model):
    """Half an hour in which a browser sees one person's data; `digest` is of its cookie's secret.

    Without a reporter it is limited to one report, which its secret link opened. `undo_sealed` is the contact
    that a correction replaced, as long as the visit lasts. After a deletion nothing of the person stands
    here: only when, and in `receipt` how much of what.
    """

    __tablename__ = "data_visit"

    id: Mapped[Key]
    reporter_id: Mapped[int | None] = reference("reporter.id", nullable=True)
    request_id: Mapped[int | None] = reference("service_request.id", nullable=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    began_at: Mapped[Moment]
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    undo_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    forgotten_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    receipt: Mapped[Facts] = mapped_column(default=dict)


class DataDeletion(Model):
    """A deletion that waits, since a danger is still open: of a person, or of one report alone.

    It is carried out when the danger is over, at the latest at `due_at`; then the row goes too.
    """

    __tablename__ = "data_deletion"

    id: Mapped[Key]
    reporter_id: Mapped[int | None] = reference("reporter.id", nullable=True)
    request_id: Mapped[int | None] = reference("service_request.id", nullable=True)
    asked_at: Mapped[Moment]
    due_at: Mapped[Moment]
