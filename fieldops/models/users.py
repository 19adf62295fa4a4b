"""Staff accounts, their roles, and the log of what they did."""

from datetime import datetime

from flask_login import UserMixin
from sqlalchemy import Boolean, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, Name, UtcDateTime, reference


class User(UserMixin, Model):
    """A member of staff who signs in."""

    __tablename__ = "user_account"

    id: Mapped[Key]
    login: Mapped[Code] = mapped_column(String(80), unique=True)
    name: Mapped[Name]
    password_hash: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[int | None] = reference("department.id", nullable=True)
    language: Mapped[Code] = mapped_column(String(40), default="id")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    session_key: Mapped[str] = mapped_column(String(32))
    last_seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}

    @property
    def is_active(self) -> bool:
        """Whether the account may sign in (asked by Flask-Login)."""
        return self.active

    def get_id(self) -> str:
        """Return what the session cookie holds; a new `session_key` ends all other sessions."""
        return f"{self.id}.{self.session_key}"


class UserRole(Model):
    """A role given to a user, in one department or (NULL) in all."""

    __tablename__ = "user_role"
    __table_args__ = (UniqueConstraint("user_id", "role", "department_id"),)

    id: Mapped[Key]
    user_id: Mapped[int] = reference("user_account.id")
    role: Mapped[Code]
    department_id: Mapped[int | None] = reference("department.id", nullable=True)


class AuditEntry(Model):
    """Who did what to which thing. Appended only; `facts` never hold personal data."""

    __tablename__ = "audit_entry"

    id: Mapped[Key]
    at: Mapped[Moment] = mapped_column(UtcDateTime(), index=True)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    act: Mapped[Code]
    thing: Mapped[Code]
    thing_id: Mapped[int | None]
    facts: Mapped[Facts] = mapped_column(default=dict)
