"""An import that is cut off in the middle is taken up again: nothing is lost, nothing is there twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from fieldops.config import ROOT, Settings
from fieldops.domain.request_states import RequestStatus
from fieldops.errors import Conflict
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import ImportRun, ServiceRequest, StatusChange
from fieldops.operations.import_requests import OldRequest, begin_import, finish_import, import_chunk
from fieldops.operations.submit_request import Submission
from fieldops.transaction import transaction
from tests.imports.conftest import GOOD, SIMPLE, Importer, as_mapping, count

ROWS = 20_000


def lines(rows: int) -> list[str]:
    return [GOOD.replace("7,", f"{number},", 1) for number in range(rows)]


def rows_done() -> int:
    db.session.rollback()
    return db.session().scalar(select(func.max(ImportRun.rows_done))) or 0


@pytest.mark.slow
def test_a_killed_import_is_taken_up_where_it_stopped(
    app: Flask, settings: Settings, run: Importer, csv_file: Callable[..., Path], tmp_path: Path
) -> None:
    file, mapping = csv_file(*lines(ROWS), "bad,x,,open,hole,,,a,b,"), as_mapping(SIMPLE, tmp_path)
    environment = os.environ | {
        "FIELDOPS_INSTANCE_DIR": str(settings.instance_dir),
        "FIELDOPS_PROFILE": settings.profile,
        "DATABASE_URL": settings.database_url,
    }
    command = [sys.executable, "-m", "fieldops", "import-requests", str(file), "--mapping", str(mapping)]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        while process.poll() is None and not rows_done():
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = rows_done()
    assert 0 < done < ROWS, "it was to be killed in the middle"
    assert count(ServiceRequest) == count(StatusChange) == done, "a chunk is there whole or not at all"
    answer = run(file, mapping)
    assert answer.code == 3
    assert answer.out.startswith("20,001 lines: 20,000 added, 0 known already, 1 refused")
    assert [line.split(",")[0] for line in answer.report] == [str(ROWS + 2)]
    assert count(ServiceRequest) == count(StatusChange) == ROWS
    keys = db.session().scalars(select(ServiceRequest.external_key))
    assert {int(key) for key in keys} == set(range(ROWS))


def test_a_refused_row_of_an_earlier_part_is_reported_again(
    app: Flask, run: Importer, csv_file: Callable[..., Path]
) -> None:
    file = csv_file("bad,x,,open,hole,,,a,b,", *lines(5))
    assert run(file, SIMPLE, chunk_rows=2).code == 3
    with transaction() as session:
        one = session.scalars(select(ImportRun)).one()
        one.rows_done, one.rows_added, one.rows_refused, one.finished_at = 2, 1, 1, None
    again = run(file, SIMPLE, chunk_rows=2)
    assert again.code == 3
    assert again.out.startswith("6 lines: 1 added, 4 known already, 1 refused")
    assert again.report[0].startswith("2,bad,bad_time")
    assert count(ServiceRequest) == 5


def old_request(key: str) -> OldRequest:
    told = Submission("pothole", "x", key, lon=-71.07, lat=42.33, source="test")
    return OldRequest(told, RequestStatus.SUBMITTED)


def test_two_imports_of_one_file_do_not_mix(app: Flask) -> None:
    installation: Installation = app.extensions["fieldops"]
    with transaction() as session:
        run = begin_import(session, "f" * 64, "m" * 64, "test")
    with transaction() as session:
        import_chunk(session, installation, run, [old_request("a")], rows=1, repeated=0, refused=0)
    with pytest.raises(Conflict, match="Another import of this file is running"), transaction() as session:
        import_chunk(session, installation, run, [old_request("b")], rows=1, repeated=0, refused=0)
    assert list(db.session().scalars(select(ServiceRequest.external_key))) == ["a"]


def test_a_request_that_is_here_is_left_as_it_is(app: Flask) -> None:
    installation: Installation = app.extensions["fieldops"]
    for digest, words in (("1" * 64, "first"), ("2" * 64, "second")):
        with transaction() as session:
            run = begin_import(session, digest, "m" * 64, "test")
            told = Submission("pothole", words, "a", lon=-71.07, lat=42.33, source="test")
            run = import_chunk(
                session, installation, run, [OldRequest(told, RequestStatus.SUBMITTED)],
                rows=1, repeated=0, refused=0,
            )  # fmt: skip
            finish_import(session, run)
    assert (run.added, run.known) == (0, 1)
    assert db.session().scalars(select(ServiceRequest.words)).one() == "first"
