"""Accounts on channels, what came in by them, and the people who wrote. Secrets and addresses are sealed."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, Name, Rows, UtcDateTime, Words, reference


class ChannelAccount(Model):
    """One official's account on one channel.

    `hook_key` is the secret part of the address that the vendor calls. `state` is active, paused, or expired
    (its access is taken no longer). `cursor` is where the next look begins on channels that we ask ourselves.
    `refused` counts events whose signature was wrong; nothing else of them is kept. `templates_at` is when
    the vendor's list of templates was last asked for, `templates_error` what went wrong then, as a code.
    """

    __tablename__ = "channel_account"
    __table_args__ = (UniqueConstraint("hook_key"),)

    id: Mapped[Key]
    kind: Mapped[Code] = mapped_column(String(40), index=True)
    name: Mapped[Name]
    department_id: Mapped[int] = reference("department.id")
    owner_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    options: Mapped[Facts] = mapped_column(default=dict)
    secrets_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    rotated_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    hook_key: Mapped[str] = mapped_column(String(64))
    state: Mapped[Code] = mapped_column(String(40), default="active")
    cursor: Mapped[str] = mapped_column(Text, default="")
    last_event_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime())
    last_error: Mapped[Words] = mapped_column(default="")
    refused: Mapped[int] = mapped_column(default=0)
    templates_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    templates_error: Mapped[Words] = mapped_column(default="")
    created_at: Mapped[Moment]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class MessageTemplate(Model):
    """A template of an account's vendor, as it was listed last: `texts` are its parts (`TemplateText`).

    `state` is approved, or why it cannot be sent: the vendor's word, or removed when it is listed no longer.
    `needs` is what it needs beside words.
    """

    __tablename__ = "message_template"
    __table_args__ = (UniqueConstraint("account_id", "name", "language"),)

    id: Mapped[Key]
    account_id: Mapped[int] = reference("channel_account.id", index=False)
    name: Mapped[str] = mapped_column(String(512))
    language: Mapped[str] = mapped_column(String(20))
    category: Mapped[Code]
    state: Mapped[Code]
    external_id: Mapped[str] = mapped_column(String(64))
    reason: Mapped[Name]
    needs: Mapped[Code]
    texts: Mapped[Rows]
    changed_at: Mapped[Moment]


class InboundEvent(Model):
    """One event as a vendor sent it, kept until it is read and 30 days more.

    `state` is todo, again (reading it failed, and a task tries it once more), done or parked: what cannot be
    read waits for a person. The bytes hold people's words and are emptied with them.
    """

    __tablename__ = "inbound_event"
    __table_args__ = (UniqueConstraint("account_id", "event_key"),)

    id: Mapped[Key]
    account_id: Mapped[int] = reference("channel_account.id")
    event_key: Mapped[str] = mapped_column(String(200))
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    state: Mapped[Code] = mapped_column(String(40), default="todo", index=True)
    reason: Mapped[Words] = mapped_column(default="")


class ChannelPerson(Model):
    """Somebody who wrote to an account; who it is stands, sealed, with the reporter.

    `muted`: an official wants to hear no more. `stopped_at`: the person wants to; nothing automatic is sent.
    """

    __tablename__ = "channel_person"

    id: Mapped[Key]
    account_id: Mapped[int] = reference("channel_account.id")
    reporter_id: Mapped[int] = mapped_column(ForeignKey("reporter.id"), unique=True)
    muted: Mapped[bool] = mapped_column(Boolean, default=False)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    answered_by_itself_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class PersonKey(Model):
    """A keyed digest of one of a person's ids on an account: two ids of one person lead to one row.

    `id_sealed` is the id itself, from which the digest is made anew when the key changes (None: written
    before ids were kept).
    """

    __tablename__ = "person_key"
    __table_args__ = (UniqueConstraint("account_id", "digest"),)

    id: Mapped[Key]
    account_id: Mapped[int] = reference("channel_account.id")
    person_id: Mapped[int] = reference("channel_person.id")
    digest: Mapped[str] = mapped_column(String(64))
    id_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)


class PersonJoin(Model):
    """Staff said that two who wrote to an account are one person: `joined_id` is heard as `kept_id` since.

    `moved` names the rows that went over, by kind and id, and what the kept one was before, so that it can be
    undone; `undone_at` is when it was.
    """

    __tablename__ = "person_join"

    id: Mapped[Key]
    kept_id: Mapped[int] = reference("channel_person.id")
    joined_id: Mapped[int] = reference("channel_person.id")
    moved: Mapped[Facts] = mapped_column(default=dict)
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
