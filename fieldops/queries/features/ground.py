"""The city's own geography as features: streets, drains, kelurahan. Everybody may read them."""

from typing import Final

from sqlalchemy.orm import aliased

from fieldops.i18n import _l
from fieldops.models import Area, Line
from fieldops.queries.features.layer import Column, Kind, Layer, Rows, Scene

DRAIN_KINDS: Final = ("canal", "drain", "river")
"""Lines that water runs in."""

LINE_COLUMNS: Final = (
    Column("name", Kind.TEXT, _l("Name"), Line.name, asked=True),
    Column("class", Kind.TEXT, _l("Class"), Line.line_class, asked=True),
    Column("jurisdiction", Kind.TEXT, _l("Who keeps it up"), Line.jurisdiction, asked=True),
)


def _streets(rows: Rows, _scene: Scene) -> Rows:
    return rows.where(Line.kind == "street")


ROAD_SEGMENTS: Final = Layer(
    id="road-segments",
    title=_l("Road segments"),
    description=_l("The streets, and who keeps them up."),
    shape="LineString",
    number=Line.id,
    geometry=Line.shape,
    rows=_streets,
    columns=LINE_COLUMNS,
)


def _drains(rows: Rows, _scene: Scene) -> Rows:
    return rows.where(Line.kind.in_(DRAIN_KINDS))


DRAINS: Final = Layer(
    id="drains",
    title=_l("Drains"),
    description=_l("Drains, canals and rivers."),
    shape="LineString",
    number=Line.id,
    geometry=Line.shape,
    rows=_drains,
    columns=(
        Column("kind", Kind.TEXT, _l("Kind"), Line.kind, asked=True, choices=DRAIN_KINDS),
        *LINE_COLUMNS,
    ),
)

_PARENT = aliased(Area)


def _kelurahan(rows: Rows, _scene: Scene) -> Rows:
    return rows.outerjoin(_PARENT, _PARENT.id == Area.parent_id).where(Area.kind == "kelurahan")


KELURAHAN: Final = Layer(
    id="kelurahan",
    title=_l("Kelurahan"),
    description=_l("The city's kelurahan, and the kecamatan that each belongs to."),
    shape="MultiPolygon",
    number=Area.id,
    geometry=Area.shape,
    rows=_kelurahan,
    columns=(
        Column("name", Kind.TEXT, _l("Name"), Area.name, asked=True),
        Column("kecamatan", Kind.TEXT, _l("Kecamatan"), _PARENT.name, asked=True),
    ),
)
