"""Waitings with their deadlines, and how long each kind of waiting may last.

Which reports wait already, the periodic task finds by itself.

Revision ID: 0019
Revises: 0018
"""

from datetime import date

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

HOURS = {"reporter_answer": 120, "authority_answer": 336, "fixed_answer": 240, "secured_repair": 168}


def upgrade() -> None:
    op.create_table(
        "request_waiting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("warn_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("warned_at", MOMENT, nullable=True),
        sa.Column("passed_at", MOMENT, nullable=True),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.Column("outcome", sa.String(40), nullable=True),
        sa.ForeignKeyConstraint(
            ["request_id"], ["service_request.id"], name=op.f("fk_request_waiting_request_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_request_waiting_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_waiting")),
    )
    op.create_index(op.f("ix_request_waiting_request_id"), "request_waiting", ["request_id"])
    op.create_index("ix_request_waiting_ended_at_due_at", "request_waiting", ["ended_at", "due_at"])
    _add_promises()


def _add_promises() -> None:
    """An installation that has its city's promises gets the new kinds; an empty one, with its profile's."""
    level = sa.table(
        "service_level",
        sa.column("kind", sa.String),
        sa.column("hours", sa.Integer),
        sa.column("counting", sa.String),
        sa.column("source", sa.Text),
        sa.column("verified", sa.Boolean),
        sa.column("valid_from", sa.Date),
    )
    bind = op.get_bind()
    if not bind.execute(sa.text("SELECT count(*) FROM service_level")).scalar():
        return
    op.bulk_insert(
        level,
        [
            {
                "kind": kind,
                "hours": hours,
                "counting": "plain",
                "source": "ours, a starting value",
                "verified": False,
                "valid_from": date(2019, 1, 1),
            }
            for kind, hours in HOURS.items()
        ],
    )


def downgrade() -> None:
    for kind in HOURS:
        op.execute(sa.text("DELETE FROM service_level WHERE kind = :kind").bindparams(kind=kind))
    op.drop_table("request_waiting")
