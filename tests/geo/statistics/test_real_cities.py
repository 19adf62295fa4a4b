"""Boston's potholes and Zurich's streets: the figures of the methods page, and what they do not show."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import geopandas
import numpy as np
import pytest

from geo.__main__ import main
from geo.statistics.exposure import rates_of
from geo.statistics.hot_spots import HotSpots, hot_spots
from geo.statistics.neighbourhoods import grid_neighbours
from geo.statistics.study_cells import locate
from tests.geo.statistics.real_cities import FILES, read_city, write_requests

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not all(file.exists() for file in FILES.values()),
        reason="needs ../shared/data/boston311 and ../shared/data/zurich_zueriwieneu",
    ),
]
LEAST_OTHERS = 20


@dataclass(frozen=True)
class Result:
    """What the methods page tells of a city: cells at the rate of 5 %."""

    cells: int
    bands: tuple[int, int, int]
    bands_alone: tuple[int, int, int]
    also_hot_for_anything: int
    tested_as_share: int
    hot_as_share: int
    road: HotSpots


def result(name: str, size_m: float) -> Result:
    city = read_city(name)
    cells = city.ground(size_m)
    weights = grid_neighbours(cells.grid, cells.cells, 2.0 * size_m)
    cell = locate(cells, city.x_m, city.y_m).cell
    assert (cell >= 0).all()
    road, others = (np.bincount(cell[some], minlength=len(cells)) for some in (city.is_road, ~city.is_road))
    found, anything = hot_spots(road, weights), hot_spots(others, weights)
    share = rates_of(road, others, least=LEAST_OTHERS, smooth=True)
    by_share = hot_spots(share.rate, weights, counts=road, expected=share.expected, tested=share.tested)
    hot = found.band_corrected >= 2
    return Result(
        cells=len(cells),
        bands=tuple(int((found.band_corrected >= band).sum()) for band in (1, 2, 3)),
        bands_alone=tuple(int((found.band >= band).sum()) for band in (1, 2, 3)),
        also_hot_for_anything=int((hot & (anything.band_corrected >= 2)).sum()),
        tested_as_share=int(share.tested.sum()),
        hot_as_share=int((by_share.band_corrected >= 2).sum()),
        road=found,
    )


def test_bostons_potholes_are_where_requests_are_but_not_there_alone() -> None:
    found = result("boston", 500.0)
    assert read_city("boston").without_place == 106
    assert int(read_city("boston").is_road.sum()) == 1_530
    assert (found.cells, found.bands, found.bands_alone) == (621, (92, 88, 75), (107, 98, 89))
    assert (found.also_hot_for_anything, found.tested_as_share, found.hot_as_share) == (39, 443, 58)
    assert np.median(found.road.expected) == pytest.approx(41.9, abs=0.1)


def test_bostons_hot_cells_lie_in_its_middle() -> None:
    city, found = read_city("boston"), result("boston", 500.0)
    cell = locate(city.ground(500.0), city.x_m, city.y_m).cell
    hot = (found.road.band_corrected >= 2)[cell] & city.is_road
    assert hot.mean() / city.is_road.mean() == pytest.approx(0.454, abs=0.001)
    most = [place for place, _ in Counter(city.neighbourhood[hot].tolist()).most_common(3)]
    assert most == [
        "Downtown / Financial District",
        "Fenway / Kenmore / Audubon Circle / Longwood",
        "Back Bay",
    ]


def test_smaller_cells_find_more_where_less_is_expected() -> None:
    found = result("boston", 250.0)
    assert (found.cells, found.bands, found.bands_alone) == (1_834, (219, 205, 177), (277, 248, 214))
    assert np.median(found.road.expected) == pytest.approx(14.2, abs=0.1)


def test_zurichs_hot_streets_are_almost_all_hot_for_anything() -> None:
    found = result("zurich", 500.0)
    assert int(read_city("zurich").is_road.sum()) == 4_466
    assert (found.cells, found.bands, found.bands_alone) == (456, (67, 63, 59), (94, 77, 63))
    assert (found.also_hot_for_anything, found.tested_as_share, found.hot_as_share) == (54, 270, 4)


def test_a_stand_in_coordinate_would_be_the_hottest_place_of_boston(tmp_path: Path, capsys) -> None:
    requests = write_requests("boston", tmp_path / "requests.csv")
    options = ["--time-column", "when", "--size-m", "250", "--epsg", "32619"]
    assert main(["hotspots", str(requests), str(tmp_path / "kept.parquet"), *options]) == 0
    assert (
        main(
            ["hotspots", str(requests), str(tmp_path / "c.parquet"), *options, "--address-column", "address"]
        )
        == 0
    )
    kept, without = (geopandas.read_parquet(tmp_path / f"{name}.parquet") for name in ("kept", "c"))
    assert kept["n"].max() >= 106
    assert without["n"].max() < 30
    assert "106 without a position" in capsys.readouterr().out
