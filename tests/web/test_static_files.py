"""Scripts and styles are packed once, answered from what is kept, and never mistaken for one another."""

from typing import Any

import brotli
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fieldops.config import ROOT
from tests.conftest import World

SCRIPT = "/static/js/lib/map_frame.js"


def got(reader: FlaskClient, path: str, **how: Any) -> TestResponse:
    """Ask for a file, and close it."""
    answer = reader.get(path, **how)
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
