from pathlib import Path

from geo.tiles import compiled
from geo.tiles.bubbles import tile_bytes
from tests.geo.tiles.tile_worlds import complaints, pyramid


def test_compiled_code_is_kept_for_one_state_of_all_files():
    pyramid(complaints(3, 1)).tile(0, 0, 0)
    kept = Path(tile_bytes._cache.cache_path).glob("bubbles.tile_bytes-*.nbi")
    assert any(compiled.STAMP.encode() in file.read_bytes() for file in kept)


def test_another_state_of_any_file_is_another_stamp(tmp_path, monkeypatch):
    for file in Path(compiled.__file__).parent.glob("*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    assert compiled._digest_of_sources() == compiled.STAMP
    with (tmp_path / "changes.py").open("a") as source:
        source.write("# more\n")
    assert compiled._digest_of_sources() != compiled.STAMP
