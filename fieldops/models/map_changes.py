"""The sequence of changes that every process's maps follow."""

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Model, UtcDateTime


class MapChange(Model):
    """One change of what a map counts: what a request was and what it is now.

    Written by the database's own triggers on `service_request`, in the transaction of the change. `seq` has
    no gaps and becomes visible in its order. Keys are those of `geo.tiles.positions.map_key`; the public one
    is missing for what the public may not see, and both where a request was not, or is no longer, there.
    Rows are forgotten after a day or two; whoever is further behind reads the requests anew.
    """

    __tablename__ = "map_change"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    request_id: Mapped[int]
    was_key: Mapped[int | None] = mapped_column(BigInteger)
    was_public_key: Mapped[int | None] = mapped_column(BigInteger)
    was_service_id: Mapped[int | None]
    was_status: Mapped[str | None] = mapped_column(String(40))
    was_closed_reason: Mapped[str | None] = mapped_column(String(40))
    was_severity: Mapped[int | None]
    was_reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    was_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    now_key: Mapped[int | None] = mapped_column(BigInteger)
    now_public_key: Mapped[int | None] = mapped_column(BigInteger)
    now_service_id: Mapped[int | None]
    now_status: Mapped[str | None] = mapped_column(String(40))
    now_closed_reason: Mapped[str | None] = mapped_column(String(40))
    now_severity: Mapped[int | None]
    now_reported_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    now_ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())


class ClusterChange(Model):
    """Something about a place of work became another: its reports, its orders or what is promised for them.

    Written by the database's own triggers, in the transaction of the change. `seq` has no gaps and becomes
    visible in its order. Without `cluster_id` it is of every place. Rows are forgotten as `MapChange`s are.
    """

    __tablename__ = "cluster_change"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    cluster_id: Mapped[int | None]
