"""The map's engine is compiled once a version, by a process that ends before the web server forks."""

import sys
from pathlib import Path

import pytest

from fieldops.errors import SetupError
from fieldops.serving.compiling import STAMP, compile_map

DONE = (sys.executable, "-c", "pass")


def test_it_is_compiled_once_a_version_and_said(tmp_path: Path) -> None:
    said: list[str] = []
    assert compile_map(tmp_path / "new", said.append, DONE)
    assert len(said) == 1
    assert "compiling the map" in said[0]
    assert not compile_map(tmp_path / "new", said.append, DONE)
    assert len(said) == 1
    (tmp_path / "new" / STAMP).write_text("another version")
    assert compile_map(tmp_path / "new", said.append, DONE)


def test_what_does_not_compile_is_said_in_one_sentence_and_tried_again(tmp_path: Path) -> None:
    broken = (sys.executable, "-c", "raise ValueError('no compiler here')")
    for _again in range(2):
        with pytest.raises(SetupError, match="ValueError: no compiler here"):
            compile_map(tmp_path, lambda _words: None, broken)


def test_the_command_is_the_engines_own() -> None:
    words = compile_map.__defaults__[0][-1]  # type: ignore[index]
    compile(words, "command", "exec")
    assert "geo.tiles.pyramid" in words
    assert "warm_up" in words
