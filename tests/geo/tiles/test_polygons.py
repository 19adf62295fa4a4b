"""Polygons as vector tiles: read back by an independent decoder."""

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from shapely.geometry import shape

from geo.errors import GeoError
from geo.grid import Grid
from geo.tiles.polygons import BUFFER, EXTENT, PolygonLayer

SOLO = (110.82, -7.57)
HALF_WORLD_M = 20037508.342789244


def _world(layer: dict, zoom: int, x: int, y: int) -> list[tuple[dict, object]]:
    """Decoded features with their shapes in the square of web mercator."""
    side = 1.0 / (1 << zoom)

    def back(places: np.ndarray) -> np.ndarray:
        return np.column_stack([(x + places[:, 0] / EXTENT) * side, (y + places[:, 1] / EXTENT) * side])

    return [
        (one["properties"] | {"id": one.get("id", 0)}, shapely.transform(shape(one["geometry"]), back))
        for one in layer["features"]
    ]


def _read(data: bytes, name: str) -> dict:
    return mapbox_vector_tile.decode(data, default_options={"y_coord_down": True})[name]


def _tile_of(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    size = 1 << zoom
    y = 0.5 - np.arctanh(np.sin(np.radians(lat))) / (2 * np.pi)
    return int((lon / 360 + 0.5) * size), int(y * size)


def _squares() -> np.ndarray:
    lon, lat = SOLO
    return np.array(
        [shapely.box(lon + i * 0.004, lat + j * 0.004, lon + i * 0.004 + 0.003, lat + j * 0.004 + 0.003)
         for i in range(6) for j in range(6)],
        dtype=object,
    )  # fmt: skip


def test_a_tile_holds_each_polygon_with_its_tags_and_id() -> None:
    squares = _squares()
    layer = PolygonLayer(
        "cells", squares, [{"band": n % 7, "name": f"sel {n}"} for n in range(36)], list(range(1, 37))
    )
    x, y = _tile_of(*SOLO, 10)
    found = _world(_read(layer.tile(10, x, y), "cells"), 10, x, y)
    assert [tags["id"] for tags, _shape in found] == list(range(1, 37))
    assert all(
        tags == {"band": (tags["id"] - 1) % 7, "name": f"sel {tags['id'] - 1}", "id": tags["id"]}
        for tags, _ in found
    )


def test_neighbouring_tiles_together_hold_the_whole_shape() -> None:
    hexagons = Grid(400.0, "hexagon").polygons(np.array([[0, 0], [3, 1]]))
    degrees = shapely.transform(hexagons, lambda places: places / 111_000 + SOLO)
    layer = PolygonLayer("cells", degrees, [{"n": 1}, {"n": 2}])
    zoom = 17
    pieces: dict[int, list] = {1: [], 2: []}
    x0, y0 = _tile_of(*SOLO, zoom)
    for x in range(x0 - 4, x0 + 14):
        for y in range(y0 - 8, y0 + 6):
            data = layer.tile(zoom, x, y)
            if data:
                for tags, piece in _world(_read(data, "cells"), zoom, x, y):
                    pieces[tags["n"]].append(piece)
    for number, whole in zip((1, 2), layer.shapes, strict=True):
        together = shapely.union_all(pieces[number])
        unit = 1.0 / (1 << zoom) / EXTENT
        assert together.symmetric_difference(whole).area < whole.length * 2 * unit


def test_holes_stay_open() -> None:
    ring = shapely.box(110.80, -7.60, 110.84, -7.56).difference(shapely.box(110.81, -7.59, 110.83, -7.57))
    layer = PolygonLayer("cells", np.array([ring], dtype=object), [{}])
    x, y = _tile_of(*SOLO, 11)
    ((_tags, found),) = _world(_read(layer.tile(11, x, y), "cells"), 11, x, y)
    assert len(found.interiors) == 1
    assert found.is_valid
    assert found.area == pytest.approx(layer.shapes[0].area, rel=0.01)


def test_what_reaches_beyond_the_tile_is_cut_at_the_margin() -> None:
    layer = PolygonLayer("cells", np.array([shapely.box(100, -10, 120, 5)], dtype=object), [{"band": 3}])
    x, y = _tile_of(*SOLO, 14)
    (feature,) = _read(layer.tile(14, x, y), "cells")["features"]
    assert shape(feature["geometry"]).bounds == (-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)


def test_nothing_there_is_no_bytes() -> None:
    layer = PolygonLayer("cells", _squares(), [{}] * 36)
    assert layer.tile(12, 0, 0) == b""
    assert layer.tile(-1, 0, 0) == b""
    assert layer.tile(3, 8, 0) == b""
    assert PolygonLayer("cells", np.array([], dtype=object), []).tile(0, 0, 0) == b""


def test_a_polygon_smaller_than_a_unit_is_left_out() -> None:
    speck = shapely.box(*SOLO, SOLO[0] + 1e-9, SOLO[1] + 1e-9)
    assert PolygonLayer("cells", np.array([speck], dtype=object), [{}]).tile(5, *_tile_of(*SOLO, 5)) == b""


def test_tags_for_another_number_of_polygons_are_refused() -> None:
    with pytest.raises(GeoError, match="36 polygons, but tags for 2"):
        PolygonLayer("cells", _squares(), [{}, {}])
