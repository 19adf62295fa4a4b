"""Names of areas, and the depots."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from fieldops.models import Area, Depot


def area_name(session: Session, area_id: int | None) -> str:
    """Return a kelurahan's name; empty where none is known."""
    area = session.get(Area, area_id) if area_id is not None else None
    return area.name if area else ""


def area_names(session: Session) -> dict[int, str]:
    """Return the names of all areas by id."""
    return {row.id: row.name for row in session.execute(select(Area.id, Area.name))}


def all_depots(session: Session) -> list[tuple[Depot, float, float]]:
    """Return every depot with its longitude and latitude in degrees, by name."""
    rows = session.execute(select(Depot, func.ST_X(Depot.place), func.ST_Y(Depot.place)).order_by(Depot.name))
    return [(depot, float(lon), float(lat)) for depot, lon, lat in rows]


def kelurahan_names(session: Session) -> list[str]:
    """Return the names of all kelurahan, in order."""
    return list(session.scalars(select(Area.name).where(Area.kind == "kelurahan").order_by(Area.name)))
