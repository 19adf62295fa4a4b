"""Neighbours who say "me too" are among the changes of places of work: a place's worth follows from them.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LOCK = 5_270_005
"""The lock under which all changes of the map are numbered (0017)."""

EVENTS = (
    ("added", "INSERT", ("NEW",), "NEW.part = 'me_too'"),
    (
        "altered",
        "UPDATE",
        ("NEW", "OLD"),
        "OLD.part {differs} NEW.part OR OLD.request_id {differs} NEW.request_id",
    ),
    ("removed", "DELETE", ("OLD",), "OLD.part = 'me_too'"),
)


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for what, event, rows, when in EVENTS:
            steps = "; ".join(_next_change(row) for row in rows)
            condition = when.format(differs="IS NOT")
            op.execute(
                f"CREATE TRIGGER board_follower_{what} AFTER {event} ON follower WHEN {condition} "
                f"BEGIN {steps}; END"
            )
        return
    op.execute(
        f"CREATE FUNCTION write_follower_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock({LOCK}); "
        f"IF TG_OP <> 'DELETE' THEN {_next_change('NEW')}; END IF; "
        f"IF TG_OP <> 'INSERT' THEN {_next_change('OLD')}; END IF; "
        "RETURN NULL; END $$"
    )
    for what, event, _rows, when in EVENTS:
        # At the end of the transaction: the lock is held while it is committed, and waits for nothing else.
        op.execute(
            f"CREATE CONSTRAINT TRIGGER board_follower_{what} AFTER {event} ON follower "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({when.format(differs='IS DISTINCT FROM')}) "
            "EXECUTE FUNCTION write_follower_change()"
        )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for what, *_rest in EVENTS:
        op.execute(f"DROP TRIGGER board_follower_{what}" + ("" if is_sqlite else " ON follower"))
    if not is_sqlite:
        op.execute("DROP FUNCTION write_follower_change()")


def _next_change(row: str) -> str:
    """The statement that appends the place of a follower's request under the next number."""
    return (
        "INSERT INTO cluster_change (seq, cluster_id) "  # noqa: S608  nothing in it comes from outside
        "SELECT (SELECT coalesce(max(seq), 0) + 1 FROM cluster_change), cluster_id FROM service_request "
        f"WHERE id = {row}.request_id AND cluster_id IS NOT NULL"
    )
