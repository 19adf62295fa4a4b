"""What is promised, for many things at once."""

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from fieldops.models import ServiceLevel


def promises(session: Session, day: date) -> dict[tuple[str, int | None], int]:
    """Return the hours promised on a day by kind and service id; None stands for all services."""
    rows = session.scalars(
        select(ServiceLevel)
        .where(
            ServiceLevel.valid_from <= day, or_(ServiceLevel.valid_to.is_(None), ServiceLevel.valid_to >= day)
        )
        .order_by(ServiceLevel.valid_from, ServiceLevel.id)
    )
    return {(row.kind, row.service_id): row.hours for row in rows}


def all_levels(session: Session) -> list[ServiceLevel]:
    """Return every promise that ever held, newest first within its kind and service."""
    return list(
        session.scalars(
            select(ServiceLevel).order_by(
                ServiceLevel.kind,
                ServiceLevel.service_id,
                ServiceLevel.valid_from.desc(),
                ServiceLevel.id.desc(),
            )
        )
    )
