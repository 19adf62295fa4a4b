"""Which collections there are. A new one is a `Layer` in a file of this folder and its name in the list."""

from typing import Final

from fieldops.domain.roles import Role, may
from fieldops.queries.features.ground import DRAINS, KELURAHAN, ROAD_SEGMENTS
from fieldops.queries.features.hotspot_cells import HOTSPOT_CELLS
from fieldops.queries.features.layer import Layer, Scene
from fieldops.queries.features.requests import PUBLIC_REQUESTS, STAFF_REQUESTS
from fieldops.queries.features.work import CLUSTERS, WORK_ORDERS

LAYERS: Final[tuple[Layer, ...]] = (
    STAFF_REQUESTS,
    PUBLIC_REQUESTS,
    WORK_ORDERS,
    CLUSTERS,
    HOTSPOT_CELLS,
    ROAD_SEGMENTS,
    DRAINS,
    KELURAHAN,
)
"""In the order in which they are listed; of one id, the layer that tells most comes first."""


def layers_for(roles: frozenset[Role], scene: Scene) -> dict[str, Layer]:
    """Return the collections that a reader may know of, by id."""
    found: dict[str, Layer] = {}
    for layer in LAYERS:
        if (layer.right is None or may(roles, layer.right)) and layer.is_there(scene):
            found.setdefault(layer.id, layer)
    return found
