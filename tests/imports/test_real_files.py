"""The real files come in whole by the shipped mappings, fast enough."""

import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import func, select

from fieldops.extensions import db
from fieldops.models import Service, ServiceRequest
from tests.imports.conftest import Importer, count

pytestmark = [pytest.mark.data, pytest.mark.slow]

MOST_CPU_S = 60.0


def by_family() -> dict[str, int]:
    rows = db.session().execute(
        select(Service.family, func.count())
        .join(ServiceRequest, ServiceRequest.service_id == Service.id)
        .group_by(Service.family)
    )
    return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("engine_kind", ["spatialite"])
def test_half_a_year_of_boston_comes_in_within_a_minute(run: Importer, data: Path) -> None:
    began = time.process_time()
    answer = run(data / "boston311" / "requests_2011h2.parquet", "boston.toml")
    assert time.process_time() - began < MOST_CPU_S
    assert answer.code == 0
    assert answer.out.startswith("58,251 rows: 58,251 added, 0 known already, 0 refused")
    found = by_family()
    assert found["other"] < 1000, "nearly every kind of the file has its service"
    assert found["road"] == 10_773
    assert found["drain"] == 22
    assert sum(found.values()) == 58_251


@pytest.mark.parametrize("engine_kind", ["spatialite"])
class TestZurich:
    @pytest.fixture
    def profile(self) -> str:
        return "zurich"

    def test_swiss_metres_become_degrees(self, run: Importer, data: Path) -> None:
        file = data / "zurich_zueriwieneu" / "reports_2016_2022.parquet"
        answer = run(file, "zurich.toml")
        assert answer.code == 0
        assert answer.out.startswith("31,556 rows: 31,454 added, 102 known already, 0 refused")
        assert count(ServiceRequest) == 31_454
        frame = pd.read_parquet(file).drop_duplicates(["date", "service_code", "e", "n"])
        keys = frame.date + "|" + frame.service_code + "|" + frame.e.astype(str) + "|" + frame.n.astype(str)
        places = {
            row[0]: (row[1], row[2])
            for row in db.session().execute(
                select(
                    ServiceRequest.external_key,
                    func.ST_X(ServiceRequest.place),
                    func.ST_Y(ServiceRequest.place),
                )
            )
        }
        lon, lat = np.array([places[key] for key in keys]).T
        # The file's own degrees stand beside its metres; both are rounded, so they agree to a few metres.
        assert np.abs(lon - frame.lon).max() * 111_320 * np.cos(np.radians(47.4)) < 5
        assert np.abs(lat - frame.lat).max() * 111_320 < 5
