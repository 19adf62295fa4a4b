"""Importing into a fresh Boston on both databases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from fieldops.config import ROOT, Settings
from fieldops.extensions import db
from fieldops.imports.command import run_import
from fieldops.models import ImportRun, ServiceRequest, StatusChange

EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def profile() -> str:
    """The city imported into; a module may name another."""
    return "boston"


@pytest.fixture
def database_file(spatialite_template: Path) -> Path:
    """An empty database: each of these tests has a city of its own."""
    return spatialite_template


@pytest.fixture
def settings(settings: Settings, profile: str) -> Settings:
    return settings.model_copy(update={"profile": profile})


@pytest.fixture
def dirty(data: Path) -> Path:
    """The folder of deliberately faulty files."""
    return data / "import_dirty_fixtures"


@dataclass
class Run:
    """What an import answered."""

    code: int
    out: str
    err: str
    report: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """The last line on stderr, for a file that could not be used."""
        return self.err.strip().splitlines()[-1]


Importer = Callable[..., Run]


@pytest.fixture
def run(app: Flask, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Importer:
    """Import a file by a mapping (a path, a name in docs/examples, or TOML), with a report."""

    def imported(file: Path, mapping: Path | str, *, dry_run: bool = False, chunk_rows: int = 2000) -> Run:
        report = tmp_path / "refused.csv"
        report.unlink(missing_ok=True)
        path = mapping if isinstance(mapping, Path) else as_mapping(mapping, tmp_path)
        capsys.readouterr()
        code = run_import(app, file, path, dry_run=dry_run, report=report, chunk_rows=chunk_rows)
        out, err = capsys.readouterr()
        lines = report.read_text("utf-8-sig").splitlines()[1:] if report.exists() else []
        return Run(code, out, err, lines)

    return imported


def as_mapping(words: str, folder: Path) -> Path:
    if words.endswith(".toml"):
        return EXAMPLES / words
    path = folder / "mapping.toml"
    path.write_text(words, encoding="utf-8")
    return path


def count(model: type) -> int:
    return db.session().scalar(select(func.count()).select_from(model)) or 0


def nothing_written() -> bool:
    return count(ServiceRequest) == count(StatusChange) == count(ImportRun) == 0


SIMPLE = """
source = "test"
language = "en"
words = "{text}"
[columns]
external_key = "id"
reported_at = "at"
closed_at = "closed"
status = "status"
service = "kind"
x = "lon"
y = "lat"
address = "address"
contact = "contact"
[time]
zone = "America/New_York"
[status.values]
open = "submitted"
done = "closed"
[service.values]
hole = "pothole"
drain = "catch_basin"
[place]
accuracy_m = 10
"""
"""A mapping with everything in it, for files made in a test."""

HEADER = "id,at,closed,status,kind,lon,lat,address,text,contact"
GOOD = "7,2026-03-01 10:00,,open,hole,-71.07,42.33,12 Main St,Big hole,"


@pytest.fixture
def csv_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a CSV file of these lines below the usual header."""

    def written(*lines: str, header: str = HEADER, name: str = "file.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes("\n".join([header, *lines, ""]).encode(encoding))
        return path

    return written
