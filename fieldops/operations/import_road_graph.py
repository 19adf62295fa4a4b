"""Making the installation's road graph of a map extract."""

from collections.abc import Callable
from pathlib import Path

import structlog
from sqlalchemy.orm import Session

from fieldops.domain.roles import THE_SYSTEM
from fieldops.errors import InvalidInput
from fieldops.installation import Installation
from fieldops.operations.audit import write_audit
from fieldops.outbox import enqueue
from fieldops.queries.places import all_depots
from fieldops.routing.drives import UNREACHABLE_M, RoadState
from geo.errors import GeoError
from geo.roads.importing import import_roads
from geo.roads.speeds import read_speeds

log = structlog.get_logger("roads")

Report = Callable[[str, float], None]
"""Told the stage (ways, places, junctions, file) and the share of it that is done, 0 to 1."""


def import_road_graph(installation: Installation, file: Path, on_progress: Report | None = None) -> RoadState:
    """Read a map extract and put its roads in the place of those in use. Running processes see it at once.

    Raises
    ------
    InvalidInput
        The extract or the table of speeds cannot be used, or the graph not be written; the sentence names the
        file, and the roads in use stay.
    """
    settings = installation.settings
    try:
        speeds = read_speeds(Path(settings.road_speeds) if settings.road_speeds else None)
        import_roads(file, settings.roads_path, speeds=speeds, on_progress=on_progress)
    except GeoError as error:
        log.warning("roads not imported", file=file.name, reason=str(error))
        why = str(error).rstrip(".")
        raise InvalidInput("%(why)s. The roads in use stay as they are.", why=why) from error
    state = installation.roads.state()
    log.info("roads imported", file=file.name, key=state.key, road_km=state.road_km, as_of=state.as_of)
    return state


def note_road_import(session: Session, installation: Installation) -> list[str]:
    """Write the import into the log that administrators see, and have all reports grouped anew, since what is
    one place depends on the ways; return the names of depots without a road near.

    An extract of another city shows itself here.
    """
    state = installation.roads.state()
    write_audit(
        session, THE_SYSTEM, "roads_imported", "road_graph", None,
        extract=state.extract, as_of=state.as_of, road_km=round(state.road_km), key=state.key,
    )  # fmt: skip
    enqueue(session, "regroup_requests", {}, dedupe_key="regroup_requests")
    return [
        depot.name
        for depot, lon, lat in all_depots(session)
        if (away := installation.roads.away_m((lon, lat))) is None or away > UNREACHABLE_M
    ]
