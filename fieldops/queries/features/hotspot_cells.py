"""Cells of hotspot maps as features, for staff who see maps."""

from typing import Final

from sqlalchemy import func, or_, select

from fieldops.domain.roles import Right
from fieldops.i18n import _l
from fieldops.models import HotspotCell, HotspotRun
from fieldops.queries.features.layer import Column, Kind, Layer, Rows, Scene

_NEWEST_STANDING: Final = (
    select(func.max(HotspotRun.id))
    .where(HotspotRun.standing != "", HotspotRun.state == "done")
    .group_by(HotspotRun.standing)
)


def _computed(rows: Rows, _scene: Scene) -> Rows:
    """Keep what people asked for, and of each standing question the newest answer."""
    return rows.join(HotspotRun, HotspotRun.id == HotspotCell.run_id).where(
        HotspotRun.state == "done", or_(HotspotRun.standing == "", HotspotRun.id.in_(_NEWEST_STANDING))
    )


HOTSPOT_CELLS: Final = Layer(
    id="hotspot-cells",
    title=_l("Hotspot cells"),
    description=_l(
        "Cells of computed maps of hotspots: ask by run, or by the name of a standing question. Reports are "
        "not defects; the run's page states period, method, exposure and what biases it."
    ),
    right=Right.SEE_MAPS,
    shape="MultiPolygon",
    number=HotspotCell.id,
    geometry=HotspotCell.shape,
    rows=_computed,
    moment=HotspotRun.computed_at,
    columns=(
        Column("run", Kind.WHOLE, _l("Number of the run"), HotspotCell.run_id, asked=True),
        Column("standing", Kind.TEXT, _l("Standing question"), HotspotRun.standing, asked=True),
        Column("method", Kind.TEXT, _l("Method"), HotspotRun.method, asked=True),
        Column("cell", Kind.WHOLE, _l("Number of the cell"), HotspotCell.number),
        Column("area", Kind.TEXT, _l("Kelurahan"), HotspotCell.area_name, asked=True),
        Column("count", Kind.WHOLE, _l("How many"), HotspotCell.count),
        Column("exposure", Kind.NUMBER, _l("Exposure"), HotspotCell.exposure),
        Column("expected", Kind.NUMBER, _l("Expected"), HotspotCell.expected),
        Column("z", Kind.NUMBER, _l("z"), HotspotCell.z),
        Column("p", Kind.NUMBER, _l("p"), HotspotCell.p),
        Column("p_adjusted", Kind.NUMBER, _l("p, corrected for many cells"), HotspotCell.p_adjusted),
        Column(
            "band", Kind.WHOLE, _l("Cold to hot, -3 to 3, after correction"), HotspotCell.band, asked=True
        ),
        Column("label", Kind.TEXT, _l("Class over time"), HotspotCell.label, asked=True),
        Column("is_tested", Kind.TRUTH, _l("Enough exposure to say anything"), HotspotCell.is_tested),
        Column("computed_at", Kind.MOMENT, _l("When it was computed"), HotspotRun.computed_at),
    ),
)
