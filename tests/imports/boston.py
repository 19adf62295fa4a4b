"""A slice of Boston to work on, for tests through the web and in a browser."""

from datetime import date, timedelta
from pathlib import Path

import pandas as pd
from sqlalchemy import func, select

from fieldops import clock
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import Cluster, ServiceRequest, Stop, WorkOrder
from fieldops.operations.follow_request import follow_request
from fieldops.transaction import transaction


def write_slice(data: Path, path: Path, rows: int) -> Path:
    """Write the last rows of the year 2011 as a file of its own."""
    pd.read_parquet(data / "boston311" / "requests_2011h2.parquet").tail(rows).to_parquet(path)
    return path


def next_monday() -> date:
    today = clock.now().date()
    return today + timedelta(days=7 - today.weekday())


def everybody_follows(installation: Installation) -> int:
    """Give each request in a cluster a reporter of its own."""
    with transaction() as session:
        grouped = session.scalars(
            select(ServiceRequest).where(ServiceRequest.cluster_id.is_not(None)).order_by(ServiceRequest.id)
        ).all()
        for request in grouped:
            follow_request(
                session,
                installation,
                request,
                f"r{request.id}@example.org",
                part="author",
                language="en",
            )
        return len(grouped)


def busiest_stop() -> tuple[int, int]:
    """Return the planned stop whose cluster has most reports, and the cluster."""
    row = (
        db.session()
        .execute(
            select(Stop.id, Cluster.id)
            .join(WorkOrder, WorkOrder.id == Stop.work_order_id)
            .join(Cluster, Cluster.id == WorkOrder.cluster_id)
            .join(ServiceRequest, ServiceRequest.cluster_id == Cluster.id)
            .group_by(Stop.id, Cluster.id)
            .order_by(func.count().desc(), Stop.id)
        )
        .first()
    )
    assert row is not None
    return row[0], row[1]
