"""Reading GeoJSON and GeoPackage through GDAL."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError

from fieldops.errors import InvalidInput
from fieldops.imports.chunks import Chunk, Refusal, require_columns, text_of
from fieldops.imports.mapping import Mapping

DRIVERS: Final = {"geojson": "GeoJSON", "gpkg": "GPKG"}


class GeographicReader:
    """A file of features; a request's place is its point, unless the mapping names x and y."""

    unit = "feature"

    def __init__(self, path: Path, mapping: Mapping, kind: str) -> None:
        self.path = path
        self.mapping = mapping
        self.kind = kind
        self.crs: str | None = None

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the features in chunks. See `Reader.chunks`."""
        try:
            yield from self._chunks(size)
        except (DataSourceError, DataLayerError) as error:
            raise InvalidInput(
                "The file %(name)s is not whole %(kind)s: %(why)s",
                name=self.path.name,
                kind=DRIVERS[self.kind],
                why=str(error).splitlines()[0].replace(str(self.path), self.path.name)[:200],
            ) from None

    def _chunks(self, size: int) -> Iterator[Chunk]:
        layer = self._layer()
        about = pyogrio.read_info(self.path, layer=layer, force_feature_count=True)
        if about.get("driver", DRIVERS[self.kind]) != DRIVERS[self.kind]:
            raise InvalidInput(
                "The file %(name)s is %(found)s inside, not %(kind)s.",
                name=self.path.name,
                found=about["driver"],
                kind=DRIVERS[self.kind],
            )
        require_columns(self.mapping, [str(name) for name in about["fields"]])
        self.crs = about["crs"]
        count = int(about["features"])
        if not count:
            raise InvalidInput("The file %(name)s has no features.", name=self.path.name)
        # GDAL reads a GeoJSON whole each time, so one pass over it; a GeoPackage is paged.
        step = count if self.kind == "geojson" else size
        for begin in range(0, count, step):
            frame = pyogrio.read_dataframe(
                self.path,
                layer=layer,
                columns=list(self.mapping.needed),
                skip_features=begin,
                max_features=step,
            )
            for part in range(0, len(frame), size):
                yield self._chunk(frame.iloc[part : part + size], begin + part)

    def _layer(self) -> str | None:
        names = [str(name) for name, _kind in pyogrio.list_layers(self.path)]
        wanted = self.mapping.file.layer
        if wanted is not None and wanted not in names:
            raise InvalidInput(
                "The file has no layer “%(layer)s”. It has: %(known)s.", layer=wanted, known=", ".join(names)
            )
        if wanted is None and len(names) > 1:
            raise InvalidInput(
                "The file has several layers (%(known)s). Choose one with file.layer in the mapping.",
                known=", ".join(names),
            )
        return wanted

    def _chunk(self, part: Any, done: int) -> Chunk:
        names = list(self.mapping.needed)
        lines = np.arange(done + 1, done + len(part) + 1)
        if self.mapping.columns.x or "geometry" not in part.columns:
            return Chunk(len(part), lines.tolist(), part[names].reset_index(drop=True))
        shapes = _single(part.geometry.to_numpy())
        empty = shapely.is_missing(shapes) | shapely.is_empty(shapes)
        points = (shapely.get_type_id(shapes) == shapely.GeometryType.POINT) & ~empty
        taken = points | empty
        key = self.mapping.columns.key_parts[0]
        refused = [
            Refusal(
                int(lines[row]),
                text_of(part[key].iloc[row]),
                "not_a_point",
                "geometry",
                InvalidInput("The geometry is not a point."),
            )
            for row in np.flatnonzero(~taken)
        ]
        x, y = np.full(len(part), np.nan), np.full(len(part), np.nan)
        x[points], y[points] = shapely.get_x(shapes[points]), shapely.get_y(shapes[points])
        frame = part[names][taken].reset_index(drop=True)
        return Chunk(len(part), lines[taken].tolist(), frame, refused, x[taken], y[taken])


def _single(shapes: Any) -> Any:
    """Return the shapes, a multipoint of one point as that point."""
    shapes = shapes.copy()
    ones = (shapely.get_type_id(shapes) == shapely.GeometryType.MULTIPOINT) & (
        shapely.get_num_geometries(shapes) == 1
    )
    shapes[ones] = shapely.get_geometry(shapes[ones], 0)
    return shapes
