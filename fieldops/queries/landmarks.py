"""Places by which people find others."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Landmark


def all_landmarks(session: Session) -> list[tuple[Landmark, float, float]]:
    """Return every landmark with its longitude and latitude in degrees."""
    rows = session.execute(
        select(Landmark, func.ST_X(Landmark.place), func.ST_Y(Landmark.place)).order_by(Landmark.id)
    )
    return [(mark, float(lon), float(lat)) for mark, lon, lat in rows]
