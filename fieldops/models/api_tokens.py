"""Tokens by which a member of staff's programs read as that person."""

from datetime import date, datetime

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Key, Model, Moment, UtcDateTime, reference


class ApiToken(Model):
    """A secret that stands for a user in another program, such as QGIS. Reading only.

    `digest` is the SHA-256 of the token, which is shown once and never stored: 256 random bits need no slow
    hash. `last_used_on` is a day of the city's calendar, no more: it tells a forgotten token, and no habits.
    """

    __tablename__ = "api_token"

    id: Mapped[Key]
    user_id: Mapped[int] = reference("user_account.id")
    name: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Moment]
    last_used_on: Mapped[date | None] = mapped_column(Date)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
