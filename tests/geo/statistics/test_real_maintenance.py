"""Boston's half year: the figures that docs/methods tell."""

import numpy as np
import pandas as pd
import pytest

from geo.crs import projected_crs, to_metres
from geo.grid import Grid
from geo.statistics.density import suggest_bandwidth
from geo.statistics.repeat_repairs import repeat_repairs
from geo.statistics.reporting_bias import area_rates, channel_changes, silent_areas
from geo.statistics.scan import ScanRules, scan

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def requests(data):
    table = pd.read_parquet(data / "boston311" / "requests_2011h2.parquet")
    return table[table.lon.notna() & table.lat.notna() & (table.lon < -70.0) & (table.lat > 42.0)]


@pytest.fixture(scope="module")
def potholes(requests):
    """Without the one coordinate that the geocoder gave to 313 requests."""
    table = requests[requests.type.str.contains("Pothole", na=False)]
    at_once = table.groupby([table.lon.round(6), table.lat.round(6)]).type.transform("size")
    return table[at_once < 300]


def metres(table):
    return to_metres(table.lon, table.lat, projected_crs((), (), epsg=32619))


def test_a_quarter_of_bostons_pothole_works_is_near_another(potholes):
    assert len(potholes) == 5_405
    assert suggest_bandwidth(*metres(potholes)) == pytest.approx(863.0, abs=1.0)
    closed = potholes[potholes.closed.notna() & potholes.dup_of.isna()]
    day = (pd.to_datetime(closed.closed) - pd.Timestamp("2011-07-01")).dt.total_seconds() / 86_400.0
    found = repeat_repairs(*metres(closed), day)
    assert (found.repairs, found.works, found.repeats, len(found.places)) == (5_364, 3_023, 708, 499)
    assert (found.low, found.share, found.high) == pytest.approx((0.22, 0.23, 0.25), abs=0.006)


@pytest.mark.slow
def test_one_rate_everywhere_is_false_in_boston(requests, potholes):
    grid = Grid(250.0)
    cells, at = np.unique(grid.cells(*metres(requests)), axis=0, return_inverse=True)
    exposure = np.bincount(at.ravel())
    row = {tuple(cell): k for k, cell in enumerate(cells.tolist())}
    counts = np.bincount(
        [row[tuple(cell)] for cell in grid.cells(*metres(potholes)).tolist()], minlength=len(cells)
    )
    enough = exposure >= 5
    found = scan(*grid.centres(cells[enough]), counts[enough], exposure[enough], rules=ScanRules())
    assert (found.cells, found.complaints) == (1_417, 5_339)
    assert [cluster.p for cluster in found.clusters] == [0.001] * 20
    first = found.clusters[0]
    assert (first.observed, first.radius_m) == (242, pytest.approx(750.0))
    assert first.expected == pytest.approx(67.3, abs=0.1)


def test_no_neighbourhood_of_boston_is_silent_and_the_app_grew(requests, potholes):
    whole = requests.groupby("neighborhood").size()
    whole = whole[(whole >= 60) & (whole.index.str.strip() != "")]
    holes = potholes.groupby("neighborhood").size().reindex(whole.index).fillna(0)
    assert len(whole) == 22
    assert area_rates(holes, whole).gini == pytest.approx(0.21, abs=0.005)
    silent = silent_areas(holes, whole)
    assert not silent.is_silent.any()
    assert silent.spread == pytest.approx(0.35, abs=0.005)
    is_third = pd.to_datetime(requests.opened) < pd.Timestamp("2011-10-01")
    before, after = (requests[part].source.value_counts().to_dict() for part in (is_third, ~is_third))
    app = next(row for row in channel_changes(before, after) if row.channel == "Citizens Connect App")
    assert (app.share_before, app.share_after) == pytest.approx((0.044, 0.095), abs=0.001)
    assert (app.low, app.high) == pytest.approx((0.048, 0.056), abs=0.001)
