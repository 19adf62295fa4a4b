"""Private conversations: their messages, what was attached, what happened to them, and their clocks."""

from datetime import datetime

from sqlalchemy import Boolean, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, Name, UtcDateTime, Words, reference


class Conversation(Model):
    """One person's private thread about one matter.

    `tray` is complaints or greetings. `state` is open or ended. `reply_until` is when the vendor takes free
    words no longer (None: always). `answering_id` is who writes an answer right now, until `answering_until`.
    `questions_asked` counts what we asked by ourselves, two at most.
    """

    __tablename__ = "conversation"
    __table_args__ = (Index("ix_conversation_state_tray", "state", "tray"),)

    id: Mapped[Key]
    account_id: Mapped[int] = reference("channel_account.id")
    person_id: Mapped[int] = reference("channel_person.id")
    department_id: Mapped[int] = reference("department.id")
    assignee_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    request_id: Mapped[int | None] = reference("service_request.id", nullable=True)
    thread_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    subject: Mapped[Name] = mapped_column(String(200), default="")
    tray: Mapped[Code] = mapped_column(String(40), default="complaints")
    state: Mapped[Code] = mapped_column(String(40), default="open")
    language: Mapped[Code] = mapped_column(String(40), default="id")
    is_public: Mapped[bool] = mapped_column(Boolean, default=False)
    started_at: Mapped[Moment]
    last_message_at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)
    last_inbound_at: Mapped[Moment]
    reply_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    is_unread: Mapped[bool] = mapped_column(Boolean, default=True)
    is_urgent: Mapped[bool] = mapped_column(Boolean, default=False)
    understood: Mapped[Facts] = mapped_column(default=dict)
    questions_asked: Mapped[int] = mapped_column(default=0)
    answering_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    answering_until: Mapped[datetime | None] = mapped_column(UtcDateTime())
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


class ConversationMessage(Model):
    """One message of a conversation: from the person (in), to them (out), or a note among officials.

    `external_id` is the vendor's id. `key` is ours and makes a repeated sending the same message. `state` of
    what goes out: queued, sending, sent, delivered, read, failed, or unsure after a crash in between.
    `facts` hold the position, the album, what was edited; never an address.
    """

    __tablename__ = "conversation_message"
    __table_args__ = (
        UniqueConstraint("account_id", "external_id"),
        UniqueConstraint("key"),
        Index("ix_conversation_message_conversation_at", "conversation_id", "at"),
    )

    id: Mapped[Key]
    conversation_id: Mapped[int] = reference("conversation.id", index=False)
    account_id: Mapped[int] = reference("channel_account.id")
    direction: Mapped[Code]
    external_id: Mapped[str | None] = mapped_column(String(300))
    key: Mapped[str | None] = mapped_column(String(100))
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    is_automatic: Mapped[bool] = mapped_column(Boolean, default=False)
    words: Mapped[Words] = mapped_column(default="")
    facts: Mapped[Facts] = mapped_column(default=dict)
    state: Mapped[Code] = mapped_column(String(40), default="received", index=True)
    last_error: Mapped[Words] = mapped_column(default="")
    at: Mapped[Moment]
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ConversationFile(Model):
    """Something attached to a message. Photos are kept under their digest like others; of the rest only the
    kind is shown. `state` is todo, stored, gone, refused or left (never stored, by rule).
    """

    __tablename__ = "conversation_file"

    id: Mapped[Key]
    message_id: Mapped[int] = reference("conversation_message.id")
    kind: Mapped[Code]
    mime_type: Mapped[Name] = mapped_column(String(200), default="")
    reference_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[Code] = mapped_column(String(40), default="todo")
    photo_id: Mapped[int | None] = reference("photo.id", nullable=True)


class ConversationChange(Model):
    """One appended line of what happened to a conversation: who, when, what. `facts` hold codes and ids."""

    __tablename__ = "conversation_change"

    id: Mapped[Key]
    conversation_id: Mapped[int] = reference("conversation.id")
    kind: Mapped[Code]
    user_id: Mapped[int | None] = reference("user_account.id", nullable=True)
    at: Mapped[Moment]
    facts: Mapped[Facts] = mapped_column(default=dict)


class ConversationClock(Model):
    """A promise running for a conversation: `hours` plain hours from `started_at`, pauses left out.

    `paused_at` is set while we wait for the person; `paused_s` is what earlier pauses took, and `due_at` is
    later by them. `warned` is the
    highest share of the time, in percent, at which somebody was warned.
    """

    __tablename__ = "conversation_clock"
    __table_args__ = (UniqueConstraint("conversation_id", "kind"),)

    id: Mapped[Key]
    conversation_id: Mapped[int] = reference("conversation.id", index=False)
    kind: Mapped[Code]
    hours: Mapped[int]
    started_at: Mapped[Moment]
    due_at: Mapped[Moment]
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    paused_s: Mapped[int] = mapped_column(default=0)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime(), index=True)
    warned: Mapped[int] = mapped_column(default=0)


class CannedReply(Model):
    """A reply to begin from, in three languages; `department_id` NULL means all departments."""

    __tablename__ = "canned_reply"

    id: Mapped[Key]
    department_id: Mapped[int | None] = reference("department.id", nullable=True)
    name_id: Mapped[Name]
    name_en: Mapped[Name]
    words_id: Mapped[Words]
    words_en: Mapped[Words]
    words_jv: Mapped[Words]
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(Boolean, default=True)

    def words(self, language: str) -> str:
        """Return the reply in a language ("id", "en" or "jv")."""
        return {"en": self.words_en, "jv": self.words_jv}.get(language) or self.words_id
