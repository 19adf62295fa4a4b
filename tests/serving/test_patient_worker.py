"""Who has opened a connection and asked nothing keeps nobody waiting."""

import http.client
import socket
from contextlib import ExitStack
from pathlib import Path

from tests.serving.tiny_site import tiny_site

SILENT = 60
"""Gunicorn's own threads would wait five seconds for each, four at a time."""
PATIENCE_S = 30


def ask(connection: http.client.HTTPConnection) -> int:
    connection.request("GET", "/lapor")
    answer = connection.getresponse()
    answer.read()
    return answer.status


def test_silent_connections_hold_nobody_up(tmp_path: Path) -> None:
    with tiny_site(tmp_path) as (port, _log), ExitStack() as stack:
        here = ("127.0.0.1", port)
        silent = [stack.enter_context(socket.create_connection(here)) for _ in range(SILENT)]
        asking = http.client.HTTPConnection(*here, timeout=PATIENCE_S)
        assert [ask(asking), ask(asking)] == [404, 404], "one connection serves again and again"
        asking.close()
        assert len(silent) == SILENT


def test_who_was_silent_may_ask(tmp_path: Path) -> None:
    with tiny_site(tmp_path) as (port, _log):
        late = socket.create_connection(("127.0.0.1", port))
        first = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        assert ask(first) == 404  # by now the other one is with the poller
        first.close()
        late.settimeout(PATIENCE_S)
        late.sendall(b"GET /lapor HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        assert late.recv(12) == b"HTTP/1.1 404"
        late.close()
