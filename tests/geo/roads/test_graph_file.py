import struct

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.errors import RoadFileError
from geo.roads.graph import RoadGraph
from geo.roads.graph_file import FRONT, MAGIC, VERSION, read_graph_file, write_graph_file
from geo.roads.travel_times import road_travel_times
from tests.geo.roads.road_worlds import network, places


@pytest.fixture
def file(tmp_path):
    """A road graph on disk."""
    network(
        tmp_path, {1: (0, 0), 2: (300, 0), 3: (300, 200)}, {"nodes": [1, 2, 3, 1], "name": "Jalan Melati"}
    )
    return tmp_path / "little.roads"


def test_arrays_come_back_as_they_were_written(tmp_path):
    arrays = {
        "a": np.arange(7, dtype=np.int32),
        "b": np.linspace(0, 1, 6).reshape(3, 2),
        "c": np.array([True, False]),
        "none": np.empty((0, 2)),
        "turned": np.arange(6.0).reshape(2, 3).T,
    }
    key = write_graph_file(tmp_path / "x.roads", arrays, {"name": "Jalan Ñ"})
    back, summary = read_graph_file(tmp_path / "x.roads")
    assert summary == {"name": "Jalan Ñ", "key": key}
    assert list(back) == list(arrays)
    for name, array in arrays.items():
        assert back[name].dtype == array.dtype
        assert np.array_equal(back[name], array)
        assert not back[name].flags.writeable


def test_the_key_depends_on_the_arrays_alone(tmp_path):
    arrays = {"a": np.arange(3, dtype=np.int32)}
    one = write_graph_file(tmp_path / "x.roads", arrays, {"source": "a"})
    assert write_graph_file(tmp_path / "y.roads", arrays, {"source": "b"}) == one
    assert write_graph_file(tmp_path / "y.roads", {"a": np.arange(4, dtype=np.int32)}, {}) != one
    assert write_graph_file(tmp_path / "y.roads", {"b": np.arange(3, dtype=np.int32)}, {}) != one


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda content: b"", "the file is empty"),
        (lambda content: content[:20], "is no road graph"),
        (lambda content: b"x" * len(content), "is no road graph"),
        (lambda content: content[:-1], "is cut off or grown"),
        (lambda content: content + b"x", "is cut off or grown"),
        (lambda content: content[: len(content) // 2], "is cut off or grown"),
        (lambda content: content[:-1] + bytes([content[-1] ^ 1]), "is damaged"),
        (lambda content: content[:40] + bytes([content[40] ^ 1]) + content[41:], "is damaged"),
        (lambda content: content.replace(b"\r\n", b"\n", 1), "is no road graph"),
        (lambda content: content[:16] + struct.pack("<I", VERSION + 1) + content[20:], "has version"),
    ],
)
def test_what_is_no_road_graph_is_refused_in_a_sentence(file, damage, sentence):
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(RoadFileError, match=rf"^little\.roads: .*{sentence}.*import the roads again"):
        RoadGraph.open(file)


def test_a_missing_graph_says_what_to_do(tmp_path):
    with pytest.raises(
        RoadFileError, match=r"kota\.roads: there is no such road graph; import the roads first"
    ):
        RoadGraph.open(tmp_path / "kota.roads")
    with pytest.raises(RoadFileError, match="cannot be read"):
        RoadGraph.open(tmp_path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 1 << 30), bit=st.integers(0, 7))
def test_a_flipped_bit_anywhere_is_noticed(file, at, bit):
    content = bytearray(file.read_bytes())
    content[at % len(content)] ^= 1 << bit
    damaged = file.with_name("damaged.roads")
    damaged.write_bytes(content)
    with pytest.raises(RoadFileError, match=r"^damaged\.roads: "):
        RoadGraph.open(damaged)


def test_a_file_of_arrays_that_are_no_roads_is_refused(tmp_path):
    write_graph_file(tmp_path / "x.roads", {"a": np.arange(3, dtype=np.int32)}, {"source": "x"})
    with pytest.raises(RoadFileError, match=r"x\.roads: the road graph is damaged"):
        RoadGraph.open(tmp_path / "x.roads")


def test_a_graph_in_use_outlives_its_replacement(tmp_path):
    nodes = {1: (0, 0), 2: (300, 0), 3: (300, 200)}
    old = network(tmp_path, nodes, {"nodes": [1, 2, 3, 1]})
    before = road_travel_times(old, places((10, 0), (290, 0)))
    new = network(tmp_path, nodes, {"nodes": [1, 2, 3, 1], "highway": "primary"})
    after = road_travel_times(old, places((10, 0), (290, 0)))
    assert np.array_equal(before.durations_s, after.durations_s)
    assert road_travel_times(new, places((10, 0), (290, 0))).durations_s[0, 1] < after.durations_s[0, 1]


def test_a_target_that_cannot_be_written_leaves_nothing_behind(tmp_path):
    (tmp_path / "folder.roads").mkdir()
    (tmp_path / "folder.roads" / "inside").write_text("x", encoding="utf-8")
    with pytest.raises(RoadFileError, match=r"folder\.roads: the road graph cannot be written"):
        write_graph_file(tmp_path / "folder.roads", {"a": np.arange(3, dtype=np.int32)}, {})
    assert [path.name for path in tmp_path.iterdir()] == ["folder.roads"]


def test_the_front_is_as_documented(file):
    magic, version, head, total, _ = FRONT.unpack(file.read_bytes()[: FRONT.size])
    assert (magic, version, FRONT.size) == (MAGIC, VERSION, 36)
    assert total == file.stat().st_size
    assert file.read_bytes()[36 : 36 + head].startswith(b'{"summary"')


def test_an_import_that_is_stopped_leaves_the_old_graph_and_nothing_else(file, monkeypatch):
    before = file.read_bytes()

    def stop(descriptor):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_graph_file(file, {"a": np.arange(3, dtype=np.int32)}, {})
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["little.json", "little.roads"]
