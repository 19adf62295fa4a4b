"""Approvals of repairs: who said, of which reports, that a place may be closed."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from fieldops.models.base import Code, Facts, Key, Model, Moment, UtcDateTime, reference

WAITING = text("ended_at IS NULL")


class RepairApproval(Model):
    """One person's word that a place is repaired, from `at` until `ended_at`; it takes effect at `closes_at`.

    `state` and `reason` are those of `domain.approvals`. `facts` hold the numbers of the reports that were
    looked at, under `requests`. `seen_at` is when whoever approved read that nothing was closed. A place has
    one waiting approval at most.
    """

    __tablename__ = "repair_approval"
    __table_args__ = (
        Index(
            "uq_repair_approval_waiting",
            "cluster_id",
            unique=True,
            sqlite_where=WAITING,
            postgresql_where=WAITING,
        ),
    )

    id: Mapped[Key]
    cluster_id: Mapped[int] = reference("cluster.id")
    work_order_id: Mapped[int] = reference("work_order.id", index=False)
    user_id: Mapped[int] = reference("user_account.id")
    actor: Mapped[Code]
    at: Mapped[Moment]
    closes_at: Mapped[Moment]
    state: Mapped[Code]
    reason: Mapped[Code | None]
    facts: Mapped[Facts] = mapped_column(default=dict)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime())
