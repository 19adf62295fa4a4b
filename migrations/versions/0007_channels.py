"""Accounts on channels, what comes in by them, private conversations, their clocks and replies.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TABLES = (
    "conversation_file",
    "conversation_message",
    "conversation_clock",
    "conversation_change",
    "person_key",
    "conversation",
    "inbound_event",
    "channel_person",
    "channel_account",
    "canned_reply",
)


def upgrade() -> None:
    op.create_table(
        "canned_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=True),
        sa.Column("name_id", sa.String(length=200), nullable=False),
        sa.Column("name_en", sa.String(length=200), nullable=False),
        sa.Column("words_id", sa.Text(), nullable=False),
        sa.Column("words_en", sa.Text(), nullable=False),
        sa.Column("words_jv", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_canned_reply_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
    )
    op.create_index(op.f("ix_canned_reply_department_id"), "canned_reply", ["department_id"], unique=False)
    op.create_table(
        "channel_account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("owner_id", sa.Integer(), nullable=True),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.Column("secrets_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("rotated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("hook_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("last_event_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_channel_account_department_id")
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["user_account.id"], name=op.f("fk_channel_account_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_account")),
        sa.UniqueConstraint("hook_key", name=op.f("uq_channel_account_hook_key")),
    )
    op.create_index(
        op.f("ix_channel_account_department_id"), "channel_account", ["department_id"], unique=False
    )
    op.create_index(op.f("ix_channel_account_kind"), "channel_account", ["kind"], unique=False)
    op.create_index(op.f("ix_channel_account_owner_id"), "channel_account", ["owner_id"], unique=False)
    op.create_table(
        "channel_person",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("reporter_id", sa.Integer(), nullable=False),
        sa.Column("muted", sa.Boolean(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by_itself_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_channel_person_account_id")
        ),
        sa.ForeignKeyConstraint(["reporter_id"], ["reporter.id"], name=op.f("fk_channel_person_reporter_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channel_person")),
        sa.UniqueConstraint("reporter_id", name=op.f("uq_channel_person_reporter_id")),
    )
    op.create_index(op.f("ix_channel_person_account_id"), "channel_person", ["account_id"], unique=False)
    op.create_table(
        "inbound_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("event_key", sa.String(length=200), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_inbound_event_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_event")),
        sa.UniqueConstraint("account_id", "event_key", name=op.f("uq_inbound_event_account_id_event_key")),
    )
    op.create_index(op.f("ix_inbound_event_account_id"), "inbound_event", ["account_id"], unique=False)
    op.create_index(op.f("ix_inbound_event_received_at"), "inbound_event", ["received_at"], unique=False)
    op.create_index(op.f("ix_inbound_event_state"), "inbound_event", ["state"], unique=False)
    op.create_table(
        "conversation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=True),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("thread_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("tray", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=40), nullable=False),
        sa.Column("is_public", sa.Boolean(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_message_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_inbound_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reply_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_unread", sa.Boolean(), nullable=False),
        sa.Column("is_urgent", sa.Boolean(), nullable=False),
        sa.Column("understood", sa.JSON(), nullable=False),
        sa.Column("questions_asked", sa.Integer(), nullable=False),
        sa.Column("answering_id", sa.Integer(), nullable=True),
        sa.Column("answering_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_conversation_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["answering_id"], ["user_account.id"], name=op.f("fk_conversation_answering_id")
        ),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["user_account.id"], name=op.f("fk_conversation_assignee_id")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_conversation_department_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["channel_person.id"], name=op.f("fk_conversation_person_id")),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_request.id"], name=op.f("fk_conversation_request_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation")),
    )
    op.create_index(op.f("ix_conversation_account_id"), "conversation", ["account_id"], unique=False)
    op.create_index(op.f("ix_conversation_answering_id"), "conversation", ["answering_id"], unique=False)
    op.create_index(op.f("ix_conversation_assignee_id"), "conversation", ["assignee_id"], unique=False)
    op.create_index(op.f("ix_conversation_department_id"), "conversation", ["department_id"], unique=False)
    op.create_index(
        op.f("ix_conversation_last_message_at"), "conversation", ["last_message_at"], unique=False
    )
    op.create_index(op.f("ix_conversation_person_id"), "conversation", ["person_id"], unique=False)
    op.create_index(op.f("ix_conversation_request_id"), "conversation", ["request_id"], unique=False)
    op.create_index("ix_conversation_state_tray", "conversation", ["state", "tray"], unique=False)
    op.create_table(
        "person_key",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_person_key_account_id")
        ),
        sa.ForeignKeyConstraint(["person_id"], ["channel_person.id"], name=op.f("fk_person_key_person_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_key")),
        sa.UniqueConstraint("account_id", "digest", name=op.f("uq_person_key_account_id_digest")),
    )
    op.create_index(op.f("ix_person_key_account_id"), "person_key", ["account_id"], unique=False)
    op.create_index(op.f("ix_person_key_person_id"), "person_key", ["person_id"], unique=False)
    op.create_table(
        "conversation_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_change_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_conversation_change_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_change")),
    )
    op.create_index(
        op.f("ix_conversation_change_conversation_id"),
        "conversation_change",
        ["conversation_id"],
        unique=False,
    )
    op.create_index(op.f("ix_conversation_change_user_id"), "conversation_change", ["user_id"], unique=False)
    op.create_table(
        "conversation_clock",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("paused_s", sa.Integer(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("warned", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_clock_conversation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_clock")),
        sa.UniqueConstraint(
            "conversation_id", "kind", name=op.f("uq_conversation_clock_conversation_id_kind")
        ),
    )
    op.create_index(
        op.f("ix_conversation_clock_stopped_at"), "conversation_clock", ["stopped_at"], unique=False
    )
    op.create_table(
        "conversation_message",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("conversation_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=False),
        sa.Column("external_id", sa.String(length=300), nullable=True),
        sa.Column("key", sa.String(length=100), nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_conversation_message_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"], name=op.f("fk_conversation_message_conversation_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_conversation_message_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_message")),
        sa.UniqueConstraint(
            "account_id", "external_id", name=op.f("uq_conversation_message_account_id_external_id")
        ),
        sa.UniqueConstraint("key", name=op.f("uq_conversation_message_key")),
    )
    op.create_index(
        op.f("ix_conversation_message_account_id"), "conversation_message", ["account_id"], unique=False
    )
    op.create_index(
        "ix_conversation_message_conversation_at",
        "conversation_message",
        ["conversation_id", "at"],
        unique=False,
    )
    op.create_index(op.f("ix_conversation_message_state"), "conversation_message", ["state"], unique=False)
    op.create_index(
        op.f("ix_conversation_message_user_id"), "conversation_message", ["user_id"], unique=False
    )
    op.create_table(
        "conversation_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("mime_type", sa.String(length=200), nullable=False),
        sa.Column("reference_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("photo_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["conversation_message.id"], name=op.f("fk_conversation_file_message_id")
        ),
        sa.ForeignKeyConstraint(["photo_id"], ["photo.id"], name=op.f("fk_conversation_file_photo_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conversation_file")),
    )
    op.create_index(
        op.f("ix_conversation_file_message_id"), "conversation_file", ["message_id"], unique=False
    )
    op.create_index(op.f("ix_conversation_file_photo_id"), "conversation_file", ["photo_id"], unique=False)


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
