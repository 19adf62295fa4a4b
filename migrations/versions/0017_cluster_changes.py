"""The sequence of changes of places of work, which the board's map follows.

Triggers write it, as they do `map_change`: what a place waits for, orders and groupings decide as reports do.

Revision ID: 0017
Revises: 0016
"""

from collections.abc import Sequence
from typing import NamedTuple

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

LOCK = 5_270_005
"""The lock under which `map_change` is numbered, too: one lock at the end of a transaction waits for nothing
that waits for another."""

ALL = "NULL"
"""What stands for every place."""


class Watched(NamedTuple):
    """A table, the column that names a place (or `ALL`), and the columns on which the board depends."""

    table: str
    place: str
    columns: Sequence[str]


WATCHED = (
    Watched("service_request", "cluster_id", ("cluster_id", "status", "reported_at")),
    Watched(
        "cluster",
        "id",
        ("service_id", "anchor", "area_id", "address", "severity", "created_at", "joined_into_id"),
    ),
    Watched(
        "work_order",
        "cluster_id",
        (
            "cluster_id",
            "number",
            "status",
            "severity",
            "exposure",
            "due_at",
            "must_do",
            "blocked_reason",
            "created_at",
        ),
    ),
    Watched("service", ALL, ("code", "family", "icon", "name_id", "name_en")),
    Watched("service_level", ALL, ("service_id", "kind", "hours", "valid_from", "valid_to")),
    Watched("area", ALL, ("name",)),
)


def upgrade() -> None:
    op.create_table(
        "cluster_change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("cluster_id", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_cluster_change")),
    )
    watch = _watch_on_sqlite if op.get_bind().dialect.name == "sqlite" else _watch_on_postgresql
    for watched in WATCHED:
        watch(watched)


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for table, _place, _columns in WATCHED:
        for what in ("added", "altered", "removed"):
            op.execute(f"DROP TRIGGER board_{table}_{what}" + ("" if is_sqlite else f" ON {table}"))
        if not is_sqlite:
            op.execute(f"DROP FUNCTION write_{table}_change()")
    op.drop_table("cluster_change")


def _next_change(place: str, where: str = "") -> str:
    """The statement that appends a change under the next number; nothing in it comes from outside."""
    return (
        "INSERT INTO cluster_change (seq, cluster_id) "  # noqa: S608
        f"SELECT (SELECT coalesce(max(seq), 0) + 1 FROM cluster_change), {place}{where}"
    )


def _of(row: str, place: str) -> str:
    return place if place == ALL else f"{row}.{place}"


def _was_elsewhere(watched: Watched, same: str) -> str:
    """The condition under which a change is one of another place, too."""
    old, new = _of("OLD", watched.place), _of("NEW", watched.place)
    return f" WHERE {old} IS NOT NULL AND {old} {same} {new}"


def _is_of_a_place(row: str, watched: Watched) -> str:
    return "1 = 1" if watched.place == ALL else f"{row}.{watched.place} IS NOT NULL"


def _watch_on_sqlite(watched: Watched) -> None:
    # One writer at a time: what it has taken as the next number nobody else can take.
    table, columns = watched.table, watched.columns
    new, old = _of("NEW", watched.place), _of("OLD", watched.place)
    now_there = f" WHERE {_is_of_a_place('NEW', watched)}"
    altered = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in columns)
    both = [_next_change(new, now_there)]
    if watched.place != ALL:
        both.append(_next_change(old, _was_elsewhere(watched, "IS NOT")))
    for what, event, when, steps in (
        ("added", "INSERT", _is_of_a_place("NEW", watched), [_next_change(new)]),
        ("altered", f"UPDATE OF {', '.join(columns)}", altered, both),
        ("removed", "DELETE", _is_of_a_place("OLD", watched), [_next_change(old)]),
    ):
        op.execute(
            f"CREATE TRIGGER board_{table}_{what} AFTER {event} ON {table} WHEN {when} "
            f"BEGIN {'; '.join(steps)}; END"
        )


def _watch_on_postgresql(watched: Watched) -> None:
    # At the end of the transaction: the lock is held while it is committed, and waits for nothing else.
    table = watched.table
    new, old = _of("NEW", watched.place), _of("OLD", watched.place)
    both = _next_change(new, f" WHERE {_is_of_a_place('NEW', watched)}") + "; "
    if watched.place != ALL:
        both += _next_change(old, _was_elsewhere(watched, "IS DISTINCT FROM")) + "; "
    op.execute(
        f"CREATE FUNCTION write_{table}_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock({LOCK}); "
        f"IF TG_OP = 'INSERT' THEN {_next_change(new)}; "
        f"ELSIF TG_OP = 'UPDATE' THEN {both}"
        f"ELSE {_next_change(old)}; END IF; "
        "RETURN NULL; END $$"
    )
    altered = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in watched.columns)
    for what, event, when in (
        ("added", "INSERT", _is_of_a_place("NEW", watched)),
        ("altered", "UPDATE", altered),
        ("removed", "DELETE", _is_of_a_place("OLD", watched)),
    ):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER board_{table}_{what} AFTER {event} ON {table} "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({when}) "
            f"EXECUTE FUNCTION write_{table}_change()"
        )
