"""Terms of danger, trained versions of the suggestion model, and what staff chose instead."""

from datetime import datetime

from sqlalchemy import Boolean, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, UtcDateTime, reference


class HazardTerm(Model):
    """A term of danger that the installation looks for: one that came with the program, or one of its own.

    One that came along is switched off rather than deleted, so that no upgrade brings it back.
    """

    __tablename__ = "hazard_term"
    __table_args__ = (UniqueConstraint("code", "language", "term"),)

    id: Mapped[Key]
    code: Mapped[Code]
    language: Mapped[Code]
    term: Mapped[str] = mapped_column(String(80))
    is_usual: Mapped[bool] = mapped_column(Boolean, default=False)
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    changed_at: Mapped[Moment]


class TriageModel(Model):
    """One trained version: plain arrays as .npz, and its model card. Without an active one the version that
    came with the program is used.

    `sentences_digest` is of what it learned from: the same sentences are not learned twice. `is_held`: a
    person chose this version, so that no newer one replaces it by itself.
    """

    __tablename__ = "triage_model"

    id: Mapped[Key]
    trained_at: Mapped[Moment]
    sentences: Mapped[int]
    confirmed: Mapped[int]
    sentences_digest: Mapped[str] = mapped_column(String(64), index=True)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    card: Mapped[Facts]
    is_active: Mapped[bool] = mapped_column(Boolean, default=False, index=True)
    is_held: Mapped[bool] = mapped_column(Boolean, default=False)
    activated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class TriageCorrection(Model):
    """Staff chose another kind than the one suggested. No words are copied: `thing` and `thing_id` say where
    they stand, and they are gone from here when they are gone there.

    `chosen_service_id` NULL: it is no complaint. A later row on the same thing replaces an earlier one. Those
    of a conversation go with the person who is forgotten.
    """

    __tablename__ = "triage_correction"

    id: Mapped[Key]
    thing: Mapped[Code]
    thing_id: Mapped[int] = mapped_column(index=True)
    suggested_service_id: Mapped[int | None] = reference("service.id", nullable=True)
    chosen_service_id: Mapped[int | None] = reference("service.id", nullable=True)
    confidence: Mapped[float]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
