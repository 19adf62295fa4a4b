from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from geo.clustering.positions import default_positions
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule
from geo.clustering.work_sites import find_work_sites
from geo.crs import projected_crs, to_metres

FOLDER = Path(__file__).parents[3] / ".." / "shared" / "data" / "boston311"

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        not FOLDER.is_dir(), reason="needs ../shared/data/boston311 (Boston 311 requests, ODC PDDL)"
    ),
]


@pytest.fixture(scope="module")
def city():
    # Never dup_flag, dup_of, closure_reason, closed, status, on_time or target: they hold the answer.
    asked = ["case_id", "opened", "type", "address", "lat", "lon"]
    requests = pd.read_parquet(FOLDER / "requests_2011h2.parquet", columns=asked)
    pairs = pd.read_csv(FOLDER / "duplicate_pairs_2011h2.csv", dtype={"case_id": str, "dup_of": str})
    row = pd.Series(np.arange(len(requests)), index=requests["case_id"])
    return requests, row[pairs["case_id"]].to_numpy(), row[pairs["dup_of"]].to_numpy()


def grouped(requests, has_position):
    lon, lat = requests["lon"].to_numpy(), requests["lat"].to_numpy()
    x_m, y_m = to_metres(lon, lat, projected_crs(lon, lat))
    opened_s = requests["opened"].to_numpy().astype("datetime64[s]").astype(np.int64)
    service = requests["type"].to_numpy(dtype=str)
    reports = Reports.of(x_m, y_m, opened_s, service, has_position=has_position)
    return find_work_sites(reports, dict.fromkeys(np.unique(service), LinkRule.fixed(25.0, 30.0))).labels


@pytest.mark.parametrize("leave_out_stand_ins", [False, True])
def test_recall_of_the_citys_own_duplicates(city, leave_out_stand_ins):
    requests, first, second = city
    stand_in = default_positions(requests["lon"], requests["lat"], requests["address"].tolist())
    labels = grouped(requests, ~stand_in if leave_out_stand_ins else None)
    recall = float((labels[first] == labels[second]).mean())
    largest = int(np.bincount(labels).max())
    load = 1_000.0 * (len(labels) - (labels.max() + 1)) / len(labels)
    print(  # noqa: T201 - a measured figure is shown, not only judged
        f"25 m, 30 d, stand-ins {'left out' if leave_out_stand_ins else 'kept'}: recall {recall:.3f} of "
        f"{len(first)} pairs, {load:.0f} decisions per 1,000 requests, largest site {largest}"
    )
    assert recall > 0.7
    assert load < 300.0
    assert (largest < 100) is leave_out_stand_ins


def test_the_stand_in_of_the_geocoder_is_found(city):
    requests, *_ = city
    stand_in = default_positions(requests["lon"], requests["lat"], requests["address"].tolist())
    assert stand_in.mean() == pytest.approx(0.082, abs=0.001)
    assert len(requests.loc[stand_in, ["lon", "lat"]].drop_duplicates()) == 1
    assert requests.loc[stand_in, "address"].nunique() == 1_230
