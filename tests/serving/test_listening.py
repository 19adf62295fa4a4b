"""Where the site listens, and the sentence when it cannot."""

import http.server
import socket
import threading

import pytest

from fieldops.errors import SetupError
from fieldops.serving.listening import address_of, listen
from fieldops.serving.readiness import wait_until_ready


def test_a_busy_port_is_one_clear_sentence() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(
            SetupError, match=f"^Port {port} on 127.0.0.1 is in use.*--port {port + 1}"
        ) as refusal:
            listen("127.0.0.1", port)
        assert "\n" not in str(refusal.value)


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(SetupError, match=r"^The site cannot listen on 192\.0\.2\.1: "):
        listen("192.0.2.1", 0)


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "localhost"])
def test_the_address_told_is_one_that_answers(host: str) -> None:
    with listen(host, 0) as listener:
        url = address_of(listener)
        assert url == f"http://127.0.0.1:{listener.getsockname()[1]}"
        with socket.create_connection(("127.0.0.1", listener.getsockname()[1]), timeout=2):
            accepted, _ = listener.accept()
            accepted.close()


class Slow(http.server.BaseHTTPRequestHandler):
    asked = 0

    def do_GET(self) -> None:
        type(self).asked += 1
        self.send_response(200 if self.path == "/readyz" and self.asked > 2 else 503)
        self.end_headers()
        self.wfile.write(b'{"troubles": ["the database does not answer"]}')

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def site():
    class Handler(Slow):
        asked = 0

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield Handler, f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_waits_until_the_site_says_it_is_ready(site) -> None:
    handler, url = site
    assert 0.1 < wait_until_ready(url, 10) < 5
    assert handler.asked == 3


def test_tells_the_last_answer_when_the_site_is_never_ready(site) -> None:
    handler, url = site
    handler.asked = -1000
    with pytest.raises(SetupError, match=r"status 503, .*the database does not answer"):
        wait_until_ready(url, 0.4)


def test_tells_when_nothing_answers_at_all() -> None:
    with listen("127.0.0.1", 0) as listener:
        url = address_of(listener)
    with pytest.raises(SetupError, match="was not ready after"):
        wait_until_ready(url, 0.3)
