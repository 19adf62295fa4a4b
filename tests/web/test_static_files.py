"""Scripts and styles are packed once, answered from what is kept, and never mistaken for one another."""

import gzip
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldops.config import ROOT
from fieldops.web.static_files import MADE, made_copy
from tests.conftest import World

SCRIPT = "/static/js/lib/map_frame.js"


def got(reader: FlaskClient, path: str, **how: Any) -> TestResponse:
    """Ask for a file, read it and close it."""
    answer = reader.get(path, **how)
    answer.get_data()
    answer.close()
    return answer


@pytest.fixture
def reader(world: World, client: FlaskClient) -> FlaskClient:
    return client


def test_a_script_is_packed_where_the_reader_takes_it(reader: FlaskClient) -> None:
    plain = (ROOT / SCRIPT.lstrip("/")).read_bytes()
    packed = got(reader, SCRIPT, headers={"Accept-Encoding": "br"})
    assert packed.headers["Content-Encoding"] == "br"
    assert brotli.decompress(packed.get_data()) == plain
    assert "Accept-Encoding" in packed.headers["Vary"]
    whole = got(reader, SCRIPT, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in whole.headers
    assert whole.get_data() == plain
    assert whole.headers["ETag"] != packed.headers["ETag"]


def test_who_has_it_already_is_told_so(reader: FlaskClient) -> None:
    etag = got(reader, SCRIPT, headers={"Accept-Encoding": "br"}).headers["ETag"]
    again = got(reader, SCRIPT, headers={"Accept-Encoding": "br", "If-None-Match": etag})
    assert again.status_code == 304
    assert again.get_data() == b""


def test_files_are_no_documents_and_may_be_kept_by_their_version(reader: FlaskClient) -> None:
    answer = got(reader, f"{SCRIPT}?v=1")
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer.headers["Cache-Control"]
    assert got(reader, SCRIPT).headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", ["/static/js/lib/none.js", "/static/../fieldops/app.py", "/static/%00.js"])
def test_what_is_no_file_is_not_found(reader: FlaskClient, path: str) -> None:
    assert got(reader, path, headers={"Accept-Encoding": "br"}).status_code == 404


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """A folder of a script, what it imports, and set-up's copy of both in one."""
    for name, text in (("map.js", "import './ground.js' // why"), ("ground.js", "draw()"), ("lone.js", "1")):
        (tmp_path / name).write_text(text)
    record_copy(tmp_path, "map.js", ["map.js", "ground.js"])
    return tmp_path


def record_copy(static: Path, name: str, inputs: Sequence[str]) -> None:
    made = static / "vendor" / "made"
    made.mkdir(parents=True)
    (made / name).write_text("draw()")
    digests = {one: hashlib.sha256((static / one).read_bytes()).hexdigest() for one in inputs}
    (made / "record.json").write_text(json.dumps({"made": {name: digests}}))


def best(static: Path, name: str) -> Path:
    return made_copy(static / name, static / "vendor" / "made")


def test_a_copy_stands_in_for_the_script_it_was_made_from(static: Path) -> None:
    assert best(static, "map.js") == static / "vendor" / "made" / "map.js"
    assert best(static, "lone.js") == static / "lone.js"


@pytest.mark.parametrize("name", ["map.js", "ground.js"])
def test_a_copy_of_what_has_changed_is_not_used(static: Path, name: str) -> None:
    assert best(static, "map.js") != static / "map.js"
    (static / name).write_text("draw(1)")
    assert best(static, "map.js") == static / "map.js"
    (static / name).unlink()
    assert best(static, "map.js") == static / "map.js"


@pytest.mark.parametrize(
    "record", ["[", "[]", "{}", '{"made": 1}', '{"made": {}}', '{"made": {"map.js": {}}}']
)
def test_without_a_record_that_can_be_read_the_files_themselves_are_used(static: Path, record: str) -> None:
    (static / "vendor" / "made" / "record.json").write_text(record)
    assert best(static, "map.js") == static / "map.js"
    (static / "vendor" / "made" / "record.json").unlink()
    assert best(static, "map.js") == static / "map.js"


def test_a_missing_copy_is_not_used(static: Path) -> None:
    (static / "vendor" / "made" / "map.js").unlink()
    assert best(static, "map.js") == static / "map.js"


@pytest.mark.skipif(not (MADE / "record.json").is_file(), reason="set-up has made no copies: script/vendor")
def test_every_reader_gets_the_copy(reader: FlaskClient) -> None:
    name = "js/modules/tile_map.js"
    assert made_copy(ROOT / "static" / name) == MADE / name, "script/vendor has not been run since a change"
    copy = (MADE / name).read_bytes()
    answers = {
        how: got(reader, f"/static/{name}", headers={"Accept-Encoding": how})
        for how in ("br", "gzip", "identity")
    }
    assert brotli.decompress(answers["br"].get_data()) == copy
    assert gzip.decompress(answers["gzip"].get_data()) == copy
    assert answers["identity"].get_data() == copy
    assert len({answer.headers["ETag"] for answer in answers.values()}) == 3
    for how, answer in answers.items():
        again = {"Accept-Encoding": how, "If-None-Match": answer.headers["ETag"]}
        assert got(reader, f"/static/{name}", headers=again).status_code == 304
