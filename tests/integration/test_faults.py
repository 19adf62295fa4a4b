"""A locked database, a full disk, a missing library, a wrong address: one sentence, and nothing lost."""

import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, func, select, text

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.database import require_connection
from fieldops.errors import Busy, FieldOpsError, InvalidInput, SetupError, StorageFull
from fieldops.extensions import db
from fieldops.keys import instance_key
from fieldops.models import ServiceRequest
from fieldops.operations.establish_city import establish_city
from fieldops.operations.submit_request import submit_request
from fieldops.queries.services import active_service
from fieldops.spatialite import find_driver, install_on
from fieldops.transaction import transaction
from tests.routing.streets import EXTRACT

ROOT = Path(__file__).parents[2]
LOCK_S = 0.3


def _count() -> int:
    session = db.session()
    session.rollback()
    return session.scalar(select(func.count()).select_from(ServiceRequest)) or 0


@contextmanager
def _opened(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


# ---------------------------------------------------------------- locked


@contextmanager
def _locked(settings: Settings) -> Iterator[None]:
    """Let another program hold the database."""
    if settings.database_url:
        with psycopg.connect(settings.database_url.replace("+psycopg", "")) as connection:
            connection.execute("LOCK TABLE service_request, counter IN ACCESS EXCLUSIVE MODE")
            yield
            connection.rollback()
        return
    connection = find_driver(settings).module.connect(settings.database_path, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
        connection.execute("ROLLBACK")
    finally:
        connection.close()


def test_a_locked_database_says_so_and_takes_the_report_afterwards(
    app: Flask, settings: Settings, submission: Any
) -> None:
    said = submission()
    impatient = settings.model_copy(update={"busy_timeout_ms": int(LOCK_S * 1000)})
    with _opened(impatient) as other:
        installation = other.extensions["fieldops"]
        with _locked(settings), pytest.raises(Busy) as caught, transaction() as session:
            submit_request(session, installation, said)
        assert caught.value.status == 503
        assert str(caught.value) == "The database is busy. Nothing was lost; please try again in a moment."
        assert _count() == 0
        with transaction() as session:
            assert not submit_request(session, installation, said).was_known
        assert _count() == 1


def test_a_second_unit_of_work_inside_one_is_a_fault_of_ours(app: Flask) -> None:
    def nested() -> None:
        with transaction(), transaction():
            pass

    with pytest.raises(RuntimeError, match="open already"):
        nested()
    with transaction() as session:
        assert session.scalar(text("SELECT 1")) == 1


def test_a_sign_that_is_no_text_is_the_senders_fault(app: Flask, settings: Settings) -> None:
    with pytest.raises(FieldOpsError) as caught, transaction() as session:
        active_service(session, "pothole\0")
    assert isinstance(caught.value, InvalidInput)


def test_no_error_repeats_what_people_wrote(app: Flask, submission: Any) -> None:
    words = "Bu Sri di rumah nomor 7 minta tolong"
    with pytest.raises(Exception, match="nowhere") as caught, transaction() as session:
        session.execute(text("INSERT INTO nowhere (words) VALUES (:words)"), {"words": words})
    assert "rumah" not in str(caught.value)


# ---------------------------------------------------------------- full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 16 MB that only this test uses."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("only root may mount a small file system, and not everywhere")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def _fill(path: Path) -> None:
    with suppress(OSError), path.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)


def test_a_full_disk_keeps_every_acknowledged_report_and_recovers(
    small_disk: Path, spatialite_template: Path, submission: Any
) -> None:
    shutil.copy(spatialite_template, small_disk / "fieldops.sqlite")
    with _opened(Settings(instance_dir=small_disk, database_url="", rate_limits=False)) as app:
        installation, kept = app.extensions["fieldops"], []
        with transaction() as session:
            establish_city(session, installation.city)

        def report() -> None:
            with transaction() as session:
                made = submit_request(session, installation, submission(words="lubang " * 500))
                code = made.request.code
            kept.append(code)

        report()
        ballast = small_disk / "ballast"
        _fill(ballast)
        with pytest.raises(StorageFull) as caught:
            deque((report() for _number in range(2000)), maxlen=0)
        assert caught.value.status == 507
        assert str(caught.value).startswith("The disk is full, so nothing was saved.")
        with pytest.raises(StorageFull):
            report()
        assert _count() == len(kept) >= 1, "reading goes on"
        ballast.unlink()
        report()
        db.session.remove()
        db.engine.dispose()
        assert set(db.session().scalars(select(ServiceRequest.code))) == set(kept)
        assert db.session().scalar(text("PRAGMA integrity_check")) == "ok"
        assert db.session().scalar(text("SELECT CheckSpatialIndex('service_request', 'place')")) == 1


# ---------------------------------------------------------------- missing and wrong


def _command(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "fieldops", *words],
        cwd=ROOT, env=kept | environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


@pytest.mark.slow
def test_the_doctor_names_driver_library_and_versions(tmp_path: Path) -> None:
    done = _command("doctor", FIELDOPS_INSTANCE_DIR=str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    driver, library, database, map_line, contact_key, intake, roads = done.stdout.splitlines()
    assert contact_key == "contact key: one, opens the newest values of 0 columns"
    assert driver.startswith("driver ")
    assert "SQLite 3." in driver
    assert library.startswith("SpatiaLite ")
    assert "mod_spatialite" in library
    assert database == f"database sqlite:///{tmp_path}/fieldops.sqlite answers"
    assert map_line == "map: the database is empty"
    assert intake == "intake: nothing waits in the spool"
    assert roads == "roads: none; travel times are estimates (import-roads)"


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [["import-roads", str(EXTRACT)], ["group-requests"], ["open-orders"], ["plan-day", "2026-01-05"]],
)
def test_a_command_before_migrate_says_what_to_run(tmp_path: Path, command: list[str]) -> None:
    done = _command(*command, FIELDOPS_INSTANCE_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        "fieldops: The database is not set up for this version: run python -m fieldops migrate first.\n"
    )
    assert not (tmp_path / "roads.graph").exists()


@pytest.mark.slow
@pytest.mark.skipif((ROOT / ".spatialite").exists(), reason="an unpacked SpatiaLite lies in this checkout")
@pytest.mark.parametrize("command", ["doctor", "migrate", "worker"])
def test_without_spatialite_it_says_what_to_install(tmp_path: Path, command: str) -> None:
    """The loader finds a file of that name which is no library, as on a machine of another kind."""
    (tmp_path / "mod_spatialite.so").write_text("not a library")
    done = _command(
        command,
        FIELDOPS_INSTANCE_DIR=str(tmp_path / "instance"),
        LD_LIBRARY_PATH=str(tmp_path),
        SPATIALITE_LIBRARY_PATH="/nowhere/mod_spatialite.so",
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1
    assert done.stderr.startswith("fieldops: SpatiaLite was not found, and FieldOps does not run without it.")
    assert "apt-get install libsqlite3-mod-spatialite" in done.stderr
    assert "script/bootstrap" in done.stderr
    assert "/nowhere/mod_spatialite.so" in done.stderr


WRONG: list[Any] = [
    ("nonsense", "DATABASE_URL is not an address. Use postgresql+psycopg://"),
    ("postgresql+psycopg://u:geheim@h:port/db", "DATABASE_URL is not an address."),
    ("mysql://u:geheim@localhost/db", "DATABASE_URL begins with mysql; FieldOps runs on"),
    ("postgresql://u:geheim@localhost/db", "DATABASE_URL begins with postgresql; FieldOps runs on"),
    ("oracle+nothing://u:geheim@localhost/db", "DATABASE_URL begins with oracle+nothing;"),
    ("postgresql+psycopg://u:geheim@127.0.0.1:1/db", "at postgresql+psycopg://u:***@127.0.0.1:1/db does not"),
    ("postgresql+psycopg://u:geheim@no.such.host.invalid/db", "does not answer"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "words"), WRONG, ids=[url for url, _words in WRONG])
def test_a_wrong_address_gets_a_sentence_without_its_password(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(SetupError) as caught, _opened(Settings(instance_dir=tmp_path, database_url=url)):
        require_connection(db.engine)
    assert words in str(caught.value)
    assert "geheim" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.slow
def test_a_wrong_address_ends_a_command_with_status_1(tmp_path: Path) -> None:
    done = _command(
        "doctor",
        FIELDOPS_INSTANCE_DIR=str(tmp_path),
        DATABASE_URL="postgresql+psycopg://u:geheim@127.0.0.1:1/db",
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("fieldops: The database at postgresql+psycopg://u:***@127.0.0.1:1/db")
    assert "Traceback" not in done.stderr
    assert "geheim" not in done.stderr


@pytest.fixture
def owner(postgis: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgis.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


@pytest.mark.postgis
def test_a_wrong_password_is_refused_and_not_repeated(
    postgis: str, owner: psycopg.Connection, tmp_path: Path
) -> None:
    owner.execute("DROP ROLE IF EXISTS guest")
    owner.execute("CREATE ROLE guest LOGIN PASSWORD 'right'")
    host = postgis.rsplit("@", 1)[1]
    settings = Settings(instance_dir=tmp_path, database_url=f"postgresql+psycopg://guest:geheim@{host}")
    try:
        with pytest.raises(SetupError) as caught, _opened(settings):
            require_connection(db.engine)
    finally:
        owner.execute("DROP ROLE guest")
    assert "guest:***@" in str(caught.value)
    assert "password authentication failed" in str(caught.value)
    assert "geheim" not in str(caught.value)


@pytest.mark.postgis
def test_a_database_without_postgis_says_what_its_owner_must_run(
    postgis: str, owner: psycopg.Connection, tmp_path: Path
) -> None:
    name = f"bare_{os.getpid()}"
    owner.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    owner.execute("DROP ROLE IF EXISTS guest2")
    owner.execute("CREATE ROLE guest2 LOGIN PASSWORD 'right'")
    host = postgis.rsplit("@", 1)[1].rsplit("/", 1)[0]
    settings = Settings(
        instance_dir=tmp_path, database_url=f"postgresql+psycopg://guest2:right@{host}/{name}"
    )
    try:
        with pytest.raises(SetupError) as caught, _opened(settings):
            require_connection(db.engine)
    finally:
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)")
        owner.execute("DROP ROLE guest2")
    assert "lacks PostGIS. Let its owner run: CREATE EXTENSION postgis;" in str(caught.value)


@pytest.mark.slow
def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    (tmp_path / "fieldops.sqlite").write_bytes(b"this is no database, but it is long enough to be one" * 100)
    done = _command("doctor", FIELDOPS_INSTANCE_DIR=str(tmp_path))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"fieldops: The database at sqlite:///{tmp_path}/fieldops.sqlite does not answer:")
    assert "Traceback" not in done.stderr


# ---------------------------------------------------------------- keys and connections


def test_two_processes_agree_on_one_key_and_none_is_half_written(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from fieldops.keys import instance_key;"
        "print(instance_key(Path(sys.argv[1]), 'contact_key'))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    keys = {process.communicate(timeout=60)[0].strip() for process in running}
    assert len(keys) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["contact_key"]
    assert (tmp_path / "contact_key").stat().st_mode & 0o777 == 0o600
    assert instance_key(tmp_path, "contact_key") in keys


def test_an_emptied_key_is_not_replaced_behind_peoples_backs(tmp_path: Path) -> None:
    (tmp_path / "contact_key").write_text("")
    with pytest.raises(SetupError, match=r"contact_key is empty\. Restore it from a backup"):
        instance_key(tmp_path, "contact_key")


def test_every_connection_has_its_settings(app: Flask, settings: Settings) -> None:
    if settings.database_url:
        with db.engine.connect() as connection:
            assert connection.execute(text("SHOW lock_timeout")).scalar() == "10s"
        return
    driver = find_driver(settings)
    engine: Engine = create_engine(settings.sqlalchemy_url, module=driver.module)
    install_on(engine, driver, settings)
    wanted = {"journal_mode": "wal", "synchronous": 1, "busy_timeout": 10_000, "foreign_keys": 1}
    with engine.connect() as connection:
        for name, value in wanted.items():
            assert connection.execute(text(f"PRAGMA {name}")).scalar() == value
        assert connection.execute(text("SELECT CheckSpatialMetaData()")).scalar() == 3
    engine.dispose()


FAILING = """
import sys
from pathlib import Path
from sqlalchemy import text
from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.extensions import db
app = create_app(Settings(instance_dir=Path(sys.argv[1]), database_url=""))
app.app_context().push()
held = db.engine.connect()
db.session().execute(text("SELECT ST_Transform(MakePoint(110.8, -7.5, 4326), 32749)")).all()
exec(sys.argv[2])
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["raise SystemExit(3)", "raise RuntimeError('boom')", "1 / 0"])
def test_a_process_that_fails_with_open_connections_ends_with_its_own_status(
    tmp_path: Path, ending: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAILING, str(tmp_path), ending],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == (3 if "SystemExit" in ending else 1), done.stderr
    assert "corruption" not in done.stderr
