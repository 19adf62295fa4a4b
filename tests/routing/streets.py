"""A town to drive in: its extract was written by hand (streets.osm) and lies where test reports do."""

from pathlib import Path

from fieldops.config import Settings
from fieldops.routing.roads import Roads, roads_of
from geo.roads.graph import RoadSummary
from geo.roads.importing import import_roads

EXTRACT = Path(__file__).with_name("streets.osm")

BENGAWAN_AND_MERAPI = (110.823, -7.566)
BENGAWAN_AND_SLAMET = (110.835, -7.566)
MELATI_AND_MERAPI = (110.823, -7.560)


def lay_roads(settings: Settings) -> RoadSummary:
    """Import the town's streets where an installation looks for them."""
    return import_roads(EXTRACT, settings.roads_path)


def roads_in(folder: Path, **settings: object) -> Roads:
    """The roads of an installation in a folder, with the town's streets."""
    made = Settings(instance_dir=folder, **settings)  # type: ignore[arg-type]
    lay_roads(made)
    return roads_of(made)
