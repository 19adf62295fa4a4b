"""Terms of danger that administrators change, and two identities that staff joined to one person.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "hazard_term",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("language", sa.String(40), nullable=False),
        sa.Column("term", sa.String(80), nullable=False),
        sa.Column("is_usual", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hazard_term")),
        sa.UniqueConstraint("code", "language", "term", name=op.f("uq_hazard_term_code_language_term")),
    )
    op.create_table(
        "person_join",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("joined_id", sa.Integer(), nullable=False),
        sa.Column("moved", sa.JSON(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["kept_id"], ["channel_person.id"], name=op.f("fk_person_join_kept_id")),
        sa.ForeignKeyConstraint(["joined_id"], ["channel_person.id"], name=op.f("fk_person_join_joined_id")),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_person_join_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_join")),
    )
    for column in ("kept_id", "joined_id", "user_id"):
        op.create_index(op.f(f"ix_person_join_{column}"), "person_join", [column], unique=False)


def downgrade() -> None:
    op.drop_table("person_join")
    op.drop_table("hazard_term")
