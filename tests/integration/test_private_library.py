"""SpatiaLite keeps its libraries to itself, in every order of imports."""

import importlib
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from fieldops.config import Settings
from fieldops.private_library import private_library
from fieldops.spatialite import find_driver

ROOT = Path(__file__).parents[2]

IN_ORDER = """
import importlib, sys
from fieldops.config import Settings
from fieldops.spatialite import find_driver
for word in sys.argv[1:]:
    find_driver(Settings(database_url="")) if word == "spatialite" else importlib.import_module(word)
import pyproj, shapely
x, y = pyproj.Transformer.from_crs(4326, 32749, always_xy=True).transform(110.8, -7.5)
assert (round(x), round(y)) == (477934, 9170972)
assert shapely.Point(0, 0).buffer(1).area > 3
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "order",
    [
        ("spatialite", "pyproj"),
        ("pyproj", "spatialite"),
        ("spatialite", "pyogrio"),
        ("spatialite", "shapely", "geopandas"),
        ("geopandas", "spatialite"),
    ],
    ids=" ".join,
)
def test_a_process_that_loaded_both_ends_well(order: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", IN_ORDER, *order]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.fixture(params=["sqlite3", "pysqlite3.dbapi2"])
def driver(request: pytest.FixtureRequest) -> ModuleType:
    return importlib.import_module(request.param)


@pytest.fixture
def library() -> str:
    return find_driver(Settings(database_url="")).library


def has_spatialite(module: ModuleType, connection) -> bool:
    try:
        return bool(connection.execute("SELECT spatialite_version()").fetchone()[0])
    except module.OperationalError:
        return False
    finally:
        connection.close()


def test_only_an_armed_connection_gets_it(driver: ModuleType, library: str) -> None:
    private = private_library(driver, library)
    with private.armed():
        assert has_spatialite(driver, driver.connect(":memory:"))
        assert not has_spatialite(driver, driver.connect(":memory:"))
    assert not has_spatialite(driver, driver.connect(":memory:"))


def test_threads_open_connections_side_by_side(driver: ModuleType, library: str) -> None:
    private = private_library(driver, library)
    found: list[bool] = []

    def work() -> None:
        for turn in range(20):
            if turn % 2:
                with private.armed():
                    connection = driver.connect(":memory:")
            else:
                connection = driver.connect(":memory:")
            found.append(has_spatialite(driver, connection) == bool(turn % 2))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80


def test_a_file_that_is_not_there_is_an_error_that_names_it(driver: ModuleType) -> None:
    with pytest.raises(OSError, match=r"/nowhere/mod_spatialite\.so"):
        private_library(driver, "/nowhere/mod_spatialite.so")
