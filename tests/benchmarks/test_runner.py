"""The benchmark runner: what it finds, refuses and writes."""

import json
import sys
from types import ModuleType

import pytest

from tests.benchmarks import runner

ROWS = [
    {
        "name": "a/one",
        "n": 3,
        "ours": 1.0,
        "peer": 2.0,
        "ratio": 0.5,
        "target": "≤ 0.9",
        "met": True,
        "seed": 7,
    },
    {"name": "b/two", "n": 3, "ours": 2.0, "peer": None, "ratio": None, "target": None, "met": None},
]


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bool, str]]:
    """A benchmark that measures nothing; what it was asked for."""
    asked: list[tuple[bool, str]] = []
    module = ModuleType("pretended")

    def run(quick: bool, only: str):
        asked.append((quick, only))
        yield from ROWS

    module.run = run
    monkeypatch.setitem(sys.modules, "tests.benchmarks.pretended", module)
    monkeypatch.setattr(runner, "names", lambda: ["pretended"])
    return asked


def test_lines_are_json_objects_machine_first(pretended, tmp_path, capsys):
    file = tmp_path / "out" / "rows.jsonl"
    assert runner.main(["pretended", "--json", str(file)]) == 0
    head, *rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert head["record"] == "run"
    assert {"cpu", "load", "commit", "versions", "python"} <= head.keys()
    assert [row["name"] for row in rows] == ["a/one", "b/two"]
    assert all(set(runner.COLUMNS) <= row.keys() and row["cpu_s"] >= 0 for row in rows)
    assert "a/one" in capsys.readouterr().out


def test_a_second_run_appends(pretended, tmp_path):
    file = tmp_path / "rows.jsonl"
    runner.main(["pretended", "--json", str(file)])
    runner.main(["pretended", "--json", str(file), "--quick"])
    kinds = [json.loads(line)["record"] for line in file.read_text().splitlines()]
    assert kinds == ["run", "row", "row"] * 2
    assert [quick for quick, _ in pretended] == [False, True]


def test_only_keeps_rows_that_fit(pretended, tmp_path):
    file = tmp_path / "rows.jsonl"
    runner.main(["pretended", "--only", "b/*", "--json", str(file)])
    assert [json.loads(line).get("name") for line in file.read_text().splitlines()] == [None, "b/two"]
    assert pretended == [(False, "b/*")]


def test_an_unknown_name_is_refused_with_those_there_are(pretended, capsys):
    assert runner.main(["roofs"]) == 2
    assert "pretended" in capsys.readouterr().err


def test_names_are_files_with_a_run():
    assert "runner" not in runner.names()
    assert all((runner.HERE / f"{name}.py").exists() for name in runner.names())


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (True, "yes"), (False, "NO"), (0.94321, "0.9432"), (123456.7, "123457"), (5, "5")],
)
def test_values_are_shown_short(value, text):
    assert runner.shown(value) == text
