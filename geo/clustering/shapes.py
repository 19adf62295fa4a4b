"""The ground that a work site covers, as a shape to draw and to hand to a crew."""

from typing import Final

import geopandas
import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from pyproj import CRS

from geo.crs import WGS84
from geo.errors import GeoError

LEAST_MARGIN_M: Final = 5.0
CONCAVE_RATIO: Final = 0.5


def site_shapes(
    x_m: ArrayLike,
    y_m: ArrayLike,
    labels: ArrayLike,
    crs: CRS,
    *,
    margin_m: float = LEAST_MARGIN_M,
    concave_ratio: float = CONCAVE_RATIO,
) -> geopandas.GeoDataFrame:
    """Draw each site: a circle for one point, a capsule for two, a widened concave hull for more.

    Parameters
    ----------
    x_m, y_m
        Metres in `crs`, shape (n,), finite; may be empty. Leave out requests without a position.
    labels
        Site of each request, whole numbers, shape (n,).
    crs
        Projected CRS of the coordinates.
    margin_m
        Width around the points, more than 0, so that one point too has an area.
    concave_ratio
        1 is the convex hull, 0 the most concave one (`shapely.concave_hull`).

    Returns
    -------
    One row a site, ascending by `label`: `label` int64, `requests` int64, `area_m2` float64, `radius_m`
    (farthest point from the middle) float64, and `geometry`, a polygon in degrees (EPSG:4326).

    Raises
    ------
    GeoError
        Columns of unequal length, a coordinate that is not finite (with its row), a margin not above 0 or a
        ratio outside 0 to 1.
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    label = np.asarray(labels, dtype=np.int64)
    _check(x, y, label, margin_m, concave_ratio)
    order = np.argsort(label, kind="stable")
    names, start, count = np.unique(label[order], return_index=True, return_counts=True)
    points = np.asarray(shapely.points(x[order], y[order]))
    gathered = np.asarray(shapely.multipoints(points, indices=np.repeat(np.arange(len(names)), count)))
    convex = np.asarray(shapely.convex_hull(gathered))
    hull = np.where(count < 3, convex, np.asarray(shapely.concave_hull(gathered, ratio=concave_ratio)))
    shapes = shapely.buffer(hull, margin_m)
    middle = np.asarray(shapely.centroid(gathered))
    from_middle_m = np.asarray(shapely.distance(points, np.repeat(middle, count)))
    return geopandas.GeoDataFrame(
        {
            "label": names,
            "requests": count.astype(np.int64),
            "area_m2": shapely.area(shapes),
            "radius_m": np.maximum.reduceat(from_middle_m, start) if len(names) else np.empty(0),
        },
        geometry=shapes,
        crs=crs,
    ).to_crs(WGS84)


def _check(
    x: NDArray[np.float64], y: NDArray[np.float64], label: NDArray[np.int64], margin_m: float, ratio: float
) -> None:
    if not x.shape == y.shape == label.shape or x.ndim != 1:
        raise GeoError(f"The columns must be equally long, not {x.shape}, {y.shape} and {label.shape}.")
    bad = ~(np.isfinite(x) & np.isfinite(y))
    if bad.any():
        row = int(np.argmax(bad))
        raise GeoError(f"Row {row}: ({x[row]}, {y[row]}) is not a finite position.")
    if not 0.0 < margin_m < np.inf:
        raise GeoError(f"margin_m must be above 0, not {margin_m}.")
    if not 0.0 <= ratio <= 1.0:
        raise GeoError(f"concave_ratio must be between 0 and 1, not {ratio}.")
