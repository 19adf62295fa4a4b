"""Map keys of requests, and the sequence of changes that every map follows.

Triggers write it, so that no statement of anybody's can change what a map counts and forget to say so.

Revision ID: 0005
Revises: 0004
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COUNTED: Sequence[tuple[str, sa.types.TypeEngine]] = (
    ("key", sa.BigInteger()),
    ("public_key", sa.BigInteger()),
    ("service_id", sa.Integer()),
    ("status", sa.String(40)),
    ("closed_reason", sa.String(40)),
    ("severity", sa.Integer()),
    ("reported_at", sa.DateTime(timezone=True)),
    ("ended_at", sa.DateTime(timezone=True)),
)
"""What a change tells, once as it was and once as it is."""

WATCHED = (
    "map_key",
    "public_key",
    "confidential",
    "service_id",
    "status",
    "closed_reason",
    "severity",
    "reported_at",
    "ended_at",
)
LOCK = 5_270_005
"""PostgreSQL's name of the lock under which numbers are given: held until the change is committed."""

PLACE_WITHOUT_KEY = (
    "(NEW.place IS NULL) <> (NEW.map_key IS NULL) OR (NEW.public_place IS NULL) <> (NEW.public_key IS NULL)"
)
REFUSED = "a place and its map key are written together"

BACKFILLED_AT_ONCE = 10_000


def upgrade() -> None:
    op.add_column("service_request", sa.Column("map_key", sa.BigInteger(), nullable=True))
    op.add_column("service_request", sa.Column("public_key", sa.BigInteger(), nullable=True))
    op.create_table(
        "map_change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        *(
            sa.Column(f"{side}_{name}", kind, nullable=True)
            for side in ("was", "now")
            for name, kind in COUNTED
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_map_change")),
    )
    _give_keys()
    if op.get_bind().dialect.name == "sqlite":
        _watch_on_sqlite()
    else:
        _watch_on_postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("map_added", "map_altered", "map_removed", "map_place_added", "map_place_altered"):
            op.execute(f"DROP TRIGGER {name}")
    else:
        for name in ("map_added", "map_altered", "map_removed", "map_place"):
            op.execute(f"DROP TRIGGER {name} ON service_request")
        op.execute("DROP FUNCTION write_map_change()")
        op.execute("DROP FUNCTION refuse_place_without_key()")
    op.drop_table("map_change")
    op.drop_column("service_request", "public_key")
    op.drop_column("service_request", "map_key")


def _give_keys() -> None:
    bind = op.get_bind()
    last, more = 0, True
    while more:
        rows = bind.execute(
            sa.text(
                "SELECT id, ST_X(place), ST_Y(place), ST_X(public_place), ST_Y(public_place) "
                "FROM service_request WHERE place IS NOT NULL AND id > :last ORDER BY id LIMIT :most"
            ),
            {"last": last, "most": BACKFILLED_AT_ONCE},
        ).all()
        more = bool(rows)
        if more:
            from geo.tiles.positions import map_key  # noqa: PLC0415  compiles; a new database needs none of it

            last = rows[-1][0]
            bind.execute(
                sa.text("UPDATE service_request SET map_key = :key, public_key = :public WHERE id = :id"),
                [
                    {
                        "id": number,
                        "key": map_key(lon, lat),
                        "public": None if public_lon is None else map_key(public_lon, public_lat),
                    }
                    for number, lon, lat, public_lon, public_lat in rows
                ],
            )


def _columns() -> str:
    return ", ".join(f"{side}_{name}" for side in ("was", "now") for name, _kind in COUNTED)


def _told(row: str) -> str:
    """What a row tells a map; of a private request there is no public key."""
    if not row:
        return ", ".join("NULL" for _counted in COUNTED)
    special = {
        "key": f"{row}.map_key",
        "public_key": f"CASE WHEN {row}.confidential THEN NULL ELSE {row}.public_key END",
    }
    return ", ".join(special.get(name, f"{row}.{name}") for name, _kind in COUNTED)


def _next_change(old: str, new: str) -> str:
    """The statement that appends a change under the next number."""
    return (  # nothing in it comes from outside
        f"INSERT INTO map_change (seq, request_id, {_columns()}) "  # noqa: S608
        f"SELECT (SELECT coalesce(max(seq), 0) + 1 FROM map_change), {new or old}.id, "
        f"{_told(old)}, {_told(new)}"
    )


def _watch_on_sqlite() -> None:
    # One writer at a time: what it has taken as the next number nobody else can take.
    altered = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in WATCHED)
    for name, event, when, old, new in (
        ("map_added", "INSERT", "NEW.map_key IS NOT NULL", "", "NEW"),
        ("map_altered", f"UPDATE OF {', '.join(WATCHED)}", altered, "OLD", "NEW"),
        ("map_removed", "DELETE", "OLD.map_key IS NOT NULL", "OLD", ""),
    ):
        op.execute(
            f"CREATE TRIGGER {name} AFTER {event} ON service_request WHEN {when} "
            f"BEGIN {_next_change(old, new)}; END"
        )
    for name, event in (
        ("map_place_added", "INSERT"),
        ("map_place_altered", "UPDATE OF place, public_place, map_key, public_key"),
    ):
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON service_request "
            f"WHEN {PLACE_WITHOUT_KEY} BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        )


def _watch_on_postgresql() -> None:
    # At the end of the transaction: the lock is held while it is committed, and waits for nothing else.
    op.execute(
        "CREATE FUNCTION refuse_place_without_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"RAISE EXCEPTION '{REFUSED}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER map_place BEFORE INSERT OR UPDATE ON service_request FOR EACH ROW "
        f"WHEN ({PLACE_WITHOUT_KEY}) EXECUTE FUNCTION refuse_place_without_key()"
    )
    inserts = {
        event: f"{_next_change(old, new)};"
        for event, old, new in (("INSERT", "", "NEW"), ("UPDATE", "OLD", "NEW"), ("DELETE", "OLD", ""))
    }
    op.execute(
        "CREATE FUNCTION write_map_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"PERFORM pg_advisory_xact_lock({LOCK}); "
        f"IF TG_OP = 'INSERT' THEN {inserts['INSERT']} "
        f"ELSIF TG_OP = 'UPDATE' THEN {inserts['UPDATE']} "
        f"ELSE {inserts['DELETE']} END IF; "
        "RETURN NULL; END $$"
    )
    altered = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in WATCHED)
    for name, event, when in (
        ("map_added", "INSERT", "NEW.map_key IS NOT NULL"),
        ("map_altered", "UPDATE", altered),
        ("map_removed", "DELETE", "OLD.map_key IS NOT NULL"),
    ):
        op.execute(
            f"CREATE CONSTRAINT TRIGGER {name} AFTER {event} ON service_request "
            f"DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION write_map_change()"
        )
