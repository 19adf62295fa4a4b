"""The demonstration's areas, lines and landmarks as rows."""

from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from fieldops.demo.places import Places
from fieldops.models import Area, Landmark, Line
from fieldops.models.base import SRID


def add_places(session: Session, places: Places) -> None:
    """Insert the geography; kelurahan know their kecamatan."""
    rows = {
        (area.kind, area.name): Area(kind=area.kind, name=area.name, shape=from_shape(area.geometry, SRID))
        for area in places.areas.itertuples()
    }
    session.add_all(rows.values())
    session.flush()
    for area in places.areas.itertuples():
        if area.kind == "kelurahan":
            rows[("kelurahan", area.name)].parent_id = rows[("kecamatan", area.parent)].id
    session.add_all(
        Line(
            kind=line.kind,
            name=line.name,
            line_class=line.line_class,
            jurisdiction=line.jurisdiction,
            shape=from_shape(line.geometry, SRID),
        )
        for line in places.lines.itertuples()
    )
    session.add_all(
        Landmark(kind=mark.kind, name=mark.name, place=from_shape(mark.geometry, SRID))
        for mark in places.landmarks.itertuples()
    )
    session.flush()
