"""Live dispatch: changes of a running day, approved versions of lists, pins, estimates.

Revision ID: 0003
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # New columns carry no foreign keys: SQLite cannot add a named one to a table that exists.
    op.add_column("day_plan", sa.Column("kind", sa.String(40), nullable=False, server_default="day"))
    op.add_column("day_plan", sa.Column("tries", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("day_plan", sa.Column("asked", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("stop", sa.Column("expected_until", MOMENT, nullable=True))
    op.add_column("shift", sa.Column("away_from", MOMENT, nullable=True))
    op.add_column("shift", sa.Column("away_until", MOMENT, nullable=True))
    op.add_column("shift", sa.Column("extra_skills", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("work_order", sa.Column("urgent_by", MOMENT, nullable=True))
    op.add_column("work_order", sa.Column("estimate", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "order_pin",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("work_order_id", sa.Integer(), nullable=False),
        sa.Column("crew_id", sa.Integer(), nullable=True),
        sa.Column("starts_from", MOMENT, nullable=True),
        sa.Column("starts_until", MOMENT, nullable=True),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_order_pin_work_order_id")
        ),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"], name=op.f("fk_order_pin_crew_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_order_pin_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_pin")),
        sa.UniqueConstraint("work_order_id", name=op.f("uq_order_pin_work_order_id")),
    )
    _index("order_pin", "crew_id", "user_id")
    op.create_table(
        "day_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("work_order_id", sa.Integer(), nullable=True),
        sa.Column("crew_id", sa.Integer(), nullable=True),
        sa.Column("stop_id", sa.Integer(), nullable=True),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("minutes", sa.Integer(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["work_order_id"], ["work_order.id"], name=op.f("fk_day_event_work_order_id")
        ),
        sa.ForeignKeyConstraint(["crew_id"], ["crew.id"], name=op.f("fk_day_event_crew_id")),
        sa.ForeignKeyConstraint(["stop_id"], ["stop.id"], name=op.f("fk_day_event_stop_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_day_event_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_day_event")),
    )
    _index("day_event", "crew_id", "day", "stop_id", "user_id", "work_order_id")
    op.create_table(
        "batch_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("day_plan_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(40), nullable=False),
        sa.Column("stops", sa.JSON(), nullable=False),
        sa.Column("changes", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batch.id"], name=op.f("fk_batch_revision_batch_id")),
        sa.ForeignKeyConstraint(["day_plan_id"], ["day_plan.id"], name=op.f("fk_batch_revision_day_plan_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_batch_revision_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_revision")),
        sa.UniqueConstraint("batch_id", "number", name=op.f("uq_batch_revision_batch_id_number")),
    )
    _index("batch_revision", "batch_id", "day_plan_id", "user_id")


def downgrade() -> None:
    for table in ("batch_revision", "day_event", "order_pin"):
        op.drop_table(table)
    for table, *columns in (
        ("work_order", "estimate", "urgent_by"),
        ("shift", "extra_skills", "away_until", "away_from"),
        ("stop", "expected_until"),
        ("day_plan", "asked", "tries", "kind"),
    ):
        for column in columns:
            op.drop_column(table, column)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)
