"""Whatever stands in a file, a row comes in or is refused; nothing else happens."""

import csv
import io
import tempfile
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from flask import Flask
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from fieldops.channels.vapid import PushKey
from fieldops.config import Settings
from fieldops.domain.city import load_city
from fieldops.imports.codes import Codes, KnownService
from fieldops.imports.delimited import DelimitedReader
from fieldops.imports.judging import Judge
from fieldops.imports.mapping import load_mapping
from fieldops.installation import Installation
from fieldops.keys import instance_key
from fieldops.media.store import MediaStore
from fieldops.models import ServiceRequest
from fieldops.routing.roads import roads_of
from fieldops.sealing import Sealer
from tests.imports.conftest import HEADER, SIMPLE, Importer, as_mapping, count

CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "", "7", "open", "done", "hole", "drain", "-71.07", "42.33", "nan", "inf", "-inf", "1e400",
            "2026-03-01", "2026-03-08 02:30", "2025-11-02 01:30", "0001-01-01", "9999-12-31 23:59:59",
            "2026-13-01", "2026-03-01T00:00:00Z", "2026-03-01 00:00:00+99:99", "2026-03-01T10:00:00.12345678",
            "=1+1", "\x00", "a@b.c", "081234567890", "'", "\u202e", "\U0001f4a9", "−71", "٧١", "1_0", "0x1",
        ]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
)  # fmt: skip
NO_SHRINKING = (Phase.explicit, Phase.reuse, Phase.generate)
"""A failing file is small as it is, and each try writes to a database."""

ROWS = st.lists(st.lists(CELLS, min_size=10, max_size=10), min_size=1, max_size=6)
LIKELY = st.tuples(
    CELLS, st.sampled_from(["2026-03-01", "2026-03-01 10:00"]) | CELLS, CELLS, st.just("open") | CELLS,
    st.just("hole") | CELLS, st.just("-71.07") | CELLS, st.just("42.33") | CELLS, CELLS, CELLS,
    st.just("") | CELLS,
).map(list)  # fmt: skip


def as_csv(rows: list[list[str]]) -> bytes:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(HEADER.split(","))
    writer.writerows(rows)
    return file.getvalue().encode("utf-8", "replace")


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    folder = tmp_path_factory.mktemp("media")
    return Installation(
        settings=Settings(instance_dir=folder),
        city=load_city("boston"),
        sealer=Sealer("secret", Fernet.generate_key().decode()),
        media=MediaStore(f"file://{folder}"),
        roads=roads_of(Settings(instance_dir=folder)),
        push_key=PushKey(instance_key(folder, "push_key")),
    )


@given(st.one_of(ROWS, st.lists(LIKELY, min_size=1, max_size=6)), st.integers(1, 4))
@settings(max_examples=100, deadline=None, phases=NO_SHRINKING, suppress_health_check=[HealthCheck.too_slow])
def test_every_row_is_taken_repeated_or_refused(
    installation: Installation, rows: list[list[str]], chunk_rows: int
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.csv"
        file.write_bytes(as_csv(rows))
        mapping, _digest = load_mapping(as_mapping(SIMPLE, Path(folder)))
        codes = Codes(mapping, [KnownService("pothole"), KnownService("catch_basin")])
        judge = Judge(mapping, installation, codes, None)
        for chunk in DelimitedReader(file, mapping).chunks(chunk_rows):
            judged = judge.judge(chunk)
            assert len(judged.taken) + judged.repeated + len(judged.refused) == judged.rows == chunk.rows
            for refused in judged.refused:
                assert refused.code
                assert refused.sentence.endswith((".", "?", "”."))
            for taken in judged.taken:
                told = taken.submission
                assert told.lon is None or installation.city.holds(told.lon, told.lat or 0)


@given(st.lists(LIKELY, min_size=1, max_size=8))
@example([["k", "2026-03-01", "", "open", "hole", "-71.07", "42.33", "a\x00b", "\x00", ""]])
@example([["k\u202e", "2026-03-01", "", "open", "hole", "-71.07", "42.33", "\U0001f4a9" * 200, "x", ""]])
@settings(
    max_examples=12,
    deadline=None,
    phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_what_is_taken_can_be_written(
    app: Flask, run: Importer, tmp_path: Path, rows: list[list[str]]
) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(as_csv(rows))
    before = count(ServiceRequest)
    answer = run(file, SIMPLE, chunk_rows=3)
    assert answer.code in (0, 3)
    if "nothing to do" not in answer.out:
        added = int(answer.out.split(":")[1].split()[0].replace(",", ""))
        assert count(ServiceRequest) >= before
        assert (answer.code == 3) == bool(answer.report)
        assert added <= len(rows)


@given(st.binary(max_size=400))
@example(b'id,at\n"')
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("engine_kind", ["spatialite"])
@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.parquet"])
def test_bytes_of_any_kind_are_no_file(
    app: Flask, run: Importer, tmp_path: Path, name: str, content: bytes
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    answer = run(file, SIMPLE)
    assert answer.code == 2
    assert answer.sentence.endswith("Nothing was written.")
