"""The operations guide and the deployment files say what the code does."""

import configparser
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from fieldops.config import Settings
from fieldops.spool.segments import SpoolReader
from fieldops.spool.writer import SpoolWriter
from tests.postgis import PostgisMissing, cluster

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "operations.md").read_text()
VARIABLES = {
    field.alias or f"FIELDOPS_{name.upper()}": field for name, field in sorted(Settings.model_fields.items())
}


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_has_its_row_with_its_default(variable: str) -> None:
    row = re.search(rf"^\| `{variable}` \| (.+?) \| (.+) \|$", GUIDE, re.MULTILINE)
    assert row, f"{variable} is not in docs/operations.md"
    default = VARIABLES[variable].default
    told = row[1].strip("`")
    if isinstance(default, bool):
        assert told == str(default).lower()
    elif not isinstance(default, Path):
        assert told == (str(default) or "empty")


def test_the_guide_knows_no_setting_that_is_gone() -> None:
    told = set(re.findall(r"^\| `([A-Z_]+)` \|", GUIDE, re.MULTILINE))
    assert told == set(VARIABLES)


def test_the_example_settings_are_settings() -> None:
    lines = (ROOT / "deploy" / "fieldops.env").read_text().splitlines()
    told = {match[1] for line in lines if (match := re.match(r"#?([A-Z_]+)=", line))}
    assert told <= set(VARIABLES)


def test_sentences_of_the_guide_are_sentences_of_the_code() -> None:
    sources = [*ROOT.glob("fieldops/**/*.py"), *(ROOT / "script").iterdir()]
    words = "".join(path.read_text() for path in sources if path.is_file())
    joined = re.sub(r'"\s*\n\s*f?"', "", words)
    table = GUIDE.split("## When something is wrong", 1)[1].split("## Checks", 1)[0]
    rows = re.findall(r"^\| (`.+?) \| ", table, re.MULTILINE)
    assert len(rows) > 10
    for sentence in re.findall(r"`(.+?)`", " ".join(rows)):
        for piece in re.split(r"…|8000|127\.0\.0\.1|web server|\b3\b|requirements\.txt", sentence):
            assert piece.strip() in joined, f"{piece!r} is said nowhere"


def test_the_unit_runs_the_supervisor_and_lets_it_stop_in_order() -> None:
    unit = configparser.ConfigParser(strict=False)
    unit.optionxform = str
    unit.read(ROOT / "deploy" / "fieldops.service")
    service = unit["Service"]
    assert "-m fieldops run --no-demo" in service["ExecStart"]
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > 10


@pytest.fixture
def installation(tmp_path: Path):
    """A project folder with the backup command and a small live database."""
    (tmp_path / "script").mkdir()
    shutil.copy(ROOT / "script" / "backup", tmp_path / "script")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    instance = tmp_path / "instance"
    (instance / "media" / "ab").mkdir(parents=True)
    (instance / "media" / "ab" / "photo").write_bytes(b"jpeg")
    (instance / "contact_key").write_text("key")
    connection = sqlite3.connect(instance / "fieldops.sqlite")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE request (id INTEGER)")
    connection.execute("INSERT INTO request VALUES (7)")
    connection.commit()
    yield tmp_path
    connection.close()


def backup(project: Path, target: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], **settings}
    command = [project / "script" / "backup", target]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_backup_holds_both_keys_when_one_is_changed_meanwhile(installation: Path, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    # Right after the first copy of the key, the new one seals, and at the end the old one is dropped.
    (tools / "cp").write_text(
        '#!/bin/sh\n/bin/cp "$@" || exit 1\n'
        f'case "$*" in *contact_key.before) printf "new\\n" > "{installation}/instance/contact_key" ;; esac\n'
    )
    (tools / "cp").chmod(0o755)
    (installation / "instance" / "contact_key").write_text("key\nnext:new\n")
    told = backup(installation, tmp_path / "copy", PATH=f"{tools}:{os.environ['PATH']}")
    assert told.returncode == 0, told.stderr
    keys = tmp_path / "copy" / "keys"
    assert (keys / "contact_key").read_text().split() == ["new", "key"]
    assert [one.name for one in keys.iterdir()] == ["contact_key"]


def test_a_backup_holds_committed_rows_photos_and_keys(installation: Path, tmp_path: Path) -> None:
    told = backup(installation, tmp_path / "copy")
    assert told.returncode == 0, told.stderr
    connection = sqlite3.connect(tmp_path / "copy" / "database.sqlite")
    assert connection.execute("SELECT id FROM request").fetchall() == [(7,)]
    connection.close()
    assert (tmp_path / "copy" / "media" / "ab" / "photo").read_bytes() == b"jpeg"
    assert (tmp_path / "copy" / "keys" / "contact_key").read_text() == "key"
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0


def test_a_backup_takes_along_what_waits_in_the_spool(installation: Path, tmp_path: Path) -> None:
    spool = tmp_path / "instance" / "spool"
    writer = SpoolWriter(spool)
    writer.append(1, "carried", b"{}")
    SpoolReader(spool).look()  # closed, and not stored yet
    writer.append(1, "open", b"{}")
    writer.close()
    (spool / "damaged").mkdir()
    told = backup(installation, tmp_path / "copy")
    assert told.returncode == 0, told.stderr
    found = SpoolReader(tmp_path / "copy" / "spool").look().records
    assert [record.event_key for record in found] == ["carried", "open"]
    assert len(list(spool.glob("*.*"))) == 2


def test_a_backup_never_writes_over_another(installation: Path, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    told = backup(installation, tmp_path / "copy")
    assert told.returncode == 1
    assert told.stderr.endswith("is there already; a backup goes into a new folder.\n")


@pytest.mark.postgis
def test_a_backup_of_postgresql_can_be_restored(installation: Path, tmp_path: Path, worker_id: str) -> None:
    name = f"fieldops_backup_{worker_id}_{os.getpid()}"
    try:
        with cluster() as running:
            url = running.create_database(name)
            plain = url.replace("+psycopg", "", 1)
            with psycopg.connect(plain) as connection:
                connection.execute(
                    "CREATE TABLE request AS SELECT 7 AS id, ST_MakePoint(110.8, -7.5) AS place"
                )
            told = backup(installation, tmp_path / "copy", DATABASE_URL=url)
            assert told.returncode == 0, told.stderr
            running.create_database(name)
            dump = tmp_path / "copy" / "database.dump"
            restore = ["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={plain}", dump]
            subprocess.run(restore, check=True, capture_output=True)
            with psycopg.connect(plain) as connection:
                assert connection.execute("SELECT id, ST_X(place) FROM request").fetchall() == [(7, 110.8)]
            running.drop_database(name)
    except PostgisMissing as missing:
        pytest.skip(str(missing))
