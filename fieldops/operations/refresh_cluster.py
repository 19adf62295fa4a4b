"""Bringing a cluster in line with its members."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.models import Cluster, Service
from fieldops.queries.clusters import OPEN_CODES, members_of
from fieldops.queries.work_orders import open_orders_of


def refresh_cluster(session: Session, cluster: Cluster) -> None:
    """Bring a cluster's severity, service, address, place and openness in line with its members. It is open
    as long as one of them is, or work is ordered there.
    """
    members = members_of(session, cluster.id)
    open_ones = [member for member in members if member.status in OPEN_CODES]
    counted = open_ones or members
    if counted:
        worst = max(counted, key=lambda member: (member.severity, -member.id))
        cluster.severity = worst.severity
        cluster.service_id = worst.service_id
        cluster.address = next((member.address for member in counted if member.address), cluster.address)
    oldest = next((member for member in members if member.place is not None), None)
    if oldest is not None and oldest.place is not None:
        cluster.anchor, cluster.area_id = oldest.place, oldest.area_id
    cluster.open = bool(open_ones) or bool(open_orders_of(session, cluster.id))
    cluster.closed_at = None if cluster.open else (cluster.closed_at or clock.now())
    session.flush()


def lock_grouping(session: Session) -> None:
    """Let one worker group at a time: two that each begin a cluster for one hole see neither the other's.
    SQLite has one writer anyway.
    """
    with session.no_autoflush:  # no row of ours may be locked while we wait for another worker
        session.execute(select(Service.id).order_by(Service.id).with_for_update(key_share=True)).all()
