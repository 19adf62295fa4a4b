"""Templates that a vendor approved, and the ids of people sealed beside their digests.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "message_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(512), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("category", sa.String(40), nullable=False),
        sa.Column("state", sa.String(40), nullable=False),
        sa.Column("external_id", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("needs", sa.String(40), nullable=False),
        sa.Column("texts", sa.JSON(), nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["channel_account.id"], name=op.f("fk_message_template_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_template")),
        sa.UniqueConstraint(
            "account_id", "name", "language", name=op.f("uq_message_template_account_id_name_language")
        ),
    )
    op.add_column("channel_account", sa.Column("templates_at", MOMENT, nullable=True))
    op.add_column(
        "channel_account", sa.Column("templates_error", sa.Text(), nullable=False, server_default="")
    )
    op.add_column("person_key", sa.Column("id_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("person_key", "id_sealed")
    op.drop_column("channel_account", "templates_error")
    op.drop_column("channel_account", "templates_at")
    op.drop_table("message_template")
