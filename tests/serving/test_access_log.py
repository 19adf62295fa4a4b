"""The request log says what was asked and how it went, never who asked or with which secret."""

import http.client
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.serving.access_log import public_path
from tests.serving.tiny_site import tiny_site

TOKEN = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=16, max_size=64)


@given(TOKEN)
def test_masks_secret_links(token: str) -> None:
    assert token not in public_path(f"/a/{token}?key={token}")
    assert public_path(f"/a/{token}/foto").startswith("/a/…")


@pytest.mark.parametrize("path", ["/", "/lapor", "/crew/stops/12/done", "/admin/departments"])
def test_leaves_ordinary_paths_readable(path: str) -> None:
    assert public_path(path) == path


@pytest.fixture
def log_of_a_server(tmp_path: Path) -> Iterator[tuple[int, Path]]:
    with tiny_site(tmp_path) as served:
        yield served


def lines_of(log: Path, count: int) -> list[str]:
    """A line is written after its answer, by whichever thread answered: wait for all of them."""
    deadline = time.monotonic() + 60
    while True:
        lines = [line for line in log.read_text().splitlines() if line.startswith("GET")]
        if len(lines) >= count or time.monotonic() > deadline:
            return lines
        time.sleep(0.02)


def test_a_line_holds_method_path_status_and_duration_only(log_of_a_server: tuple[int, Path]) -> None:
    port, log = log_of_a_server
    paths = [
        "/lapor?telepon=0812",
        "/a/Zx81kq_LmN0pQr57TuVw",
        "/a%0Aforged",
        "/static/css/site.css",
        "/healthz",
    ]
    for path in paths:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        connection.request(
            "GET", path, headers={"User-Agent": "Secret/1", "Referer": "http://localhost/private"}
        )
        assert connection.getresponse().status == 404
        connection.close()
    lines = lines_of(log, 3)
    assert sorted(line.rsplit(" ", 2)[0] for line in lines) == [
        "GET /a%0Aforged 404",
        "GET /a/… 404",
        "GET /lapor 404",
    ]
    assert "127.0.0.1" not in log.read_text()
    assert "Secret" not in log.read_text()
