"""Compiled code is kept for one state of a package's files."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import geo.roads.compiled
import geo.statistics.compiled
import geo.tiles.compiled
from geo.compiled import stamp_of
from geo.roads.grid_index import find_nearest, index_segments
from geo.statistics.trends import _pairs, mann_kendall
from geo.tiles.bubbles import tile_bytes
from tests.geo.tiles.tile_worlds import complaints, pyramid


@pytest.mark.parametrize("package", [geo.roads.compiled, geo.statistics.compiled, geo.tiles.compiled])
def test_another_state_of_any_file_is_another_stamp(package, tmp_path):
    for file in Path(package.__file__).parent.glob("*.py"):
        shutil.copy(file, tmp_path)
    assert stamp_of(tmp_path) == package.STAMP
    with (tmp_path / "__init__.py").open("a") as source:
        source.write("# more\n")
    assert stamp_of(tmp_path) != package.STAMP


def test_what_is_kept_carries_the_stamp():
    pyramid(complaints(3, 1)).tile(0, 0, 0)
    assert _is_kept(tile_bytes, geo.tiles.compiled.STAMP)
    line = np.array([[0.0, 0.0], [100.0, 0.0]])
    index = index_segments(line, np.zeros(1, dtype=np.int32))
    find_nearest(np.array([[50.0, 3.0]]), index, np.zeros(0, dtype=np.bool_))
    assert _is_kept(find_nearest, geo.roads.compiled.STAMP)
    mann_kendall([[1.0, 2.0]])
    assert _is_kept(_pairs, geo.statistics.compiled.STAMP)


def _is_kept(loop, stamp):
    kept = Path(loop._cache.cache_path).glob(f"*{loop.__name__}-*.nbi")
    return any(stamp.encode() in file.read_bytes() for file in kept)
