"""snac2, a small server of the Fediverse that speaks Mastodon's API.

It wants port 80 and a host name without a port, so it listens on an address of its own in 127.0.0.0/8, with a
view of the file system where that name is known; a relay brings it to 127.0.0.1, which is where tests may go.
"""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx

from fieldops.channels.doorman import Doorman
from tests.channels.daemons import (
    Missing,
    free_port,
    listens,
    own_folder,
    require_own_mounts,
    running,
    wait_for,
)
from tests.channels.relay import relay

HOST = "lapor.solo.test"
NOWHERE = "urn:ietf:wg:oauth:2.0:oob"
UNPACKED = Path(__file__).resolve().parents[2] / ".snac" / "usr" / "bin" / "snac"


@dataclass(frozen=True)
class MastodonServer:
    url: str
    official: str
    person: str

    def as_user(self, token: str) -> httpx.Client:
        # snac closes each connection after its answer.
        headers = {"Authorization": f"Bearer {token}", "Connection": "close"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    @property
    def doorman(self) -> Doorman:
        return NamesTheServer(address=self.url)


@dataclass(frozen=True)
class NamesTheServer(Doorman):
    """A rehearsal's doorman who knows that the server's name is on this machine."""

    address: str = ""

    def client(self, base_url: str, headers: dict[str, str] | None = None) -> httpx.Client:
        return super().client(base_url.replace(f"http://{HOST}", self.address), headers)


def find_snac() -> str:
    for candidate in (UNPACKED, Path("/usr/bin/snac"), Path("/usr/local/bin/snac")):
        if candidate.exists() and subprocess.run([candidate], capture_output=True, check=False).stdout:
            return str(candidate)
    raise Missing("snac2 is not installed (script/bootstrap --dev unpacks it from Debian's backports)")


@contextmanager
def mastodon_server() -> Iterator[MastodonServer]:
    """Yield a running server with an official and a person; raises Missing where it cannot be had."""
    snac = find_snac()
    if os.getuid() != 0:
        raise Missing("port 80 is root's")
    require_own_mounts()
    with own_folder() as folder, ExitStack() as started:
        address = _free_address()
        data = folder / "data"
        _run([snac, "init", str(data)], f"{address}\n80\n{HOST}\n\n\n")
        _speak_plainly(data / "server.json")
        passwords = {name: _add_user(snac, data, name) for name in ("dpupr", "warga")}
        hosts = folder / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{address} {HOST}\n")
        own_view = f"mount --bind {hosts} /etc/hosts && exec {snac} httpd {data}"
        log = folder / "log"
        server = started.enter_context(running(["unshare", "--mount", "sh", "-c", own_view], log))
        port = free_port()
        started.enter_context(relay(port, address, 80, folder / "relay.log"))
        wait_for(server, log, lambda: listens(port) and _answers(port), "snac")
        url = f"http://127.0.0.1:{port}"
        tokens = {name: _sign_in(url, name, password) for name, password in passwords.items()}
        yield MastodonServer(url, tokens["dpupr"], tokens["warga"])


def _free_address() -> str:
    """Return an address of this machine whose port 80 nobody listens on, also with tests side by side."""
    choose = Random(os.getpid())
    while True:
        address = f"127.{choose.randint(1, 254)}.{choose.randint(0, 254)}.{choose.randint(1, 254)}"
        try:
            socket.create_server((address, 80)).close()
        except OSError:
            continue
        return address


def _run(command: list[str], told: str = "") -> str:
    done = subprocess.run(command, input=told, text=True, capture_output=True, check=True)
    return done.stdout


def _speak_plainly(file: Path) -> None:
    # On a busy machine the server's own deliveries time out; it would try again two minutes later.
    patient = {"queue_timeout": 60, "queue_timeout_2": 60, "queue_retry_minutes": 0}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"protocol": "http"} | patient))


def _add_user(snac: str, data: Path, name: str) -> str:
    told = re.search(r"password is (\S+)", _run([snac, "adduser", str(data), name]))
    assert told is not None
    return told.group(1)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/api/v1/instance", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _sign_in(url: str, name: str, password: str) -> str:
    def ask(path: str, **fields: str) -> httpx.Response:
        return httpx.post(url + path, data=fields, trust_env=False, timeout=30).raise_for_status()

    app = ask("/api/v1/apps", client_name="uji", redirect_uris=NOWHERE, scopes="read write").json()
    given = {"login": name, "passwd": password, "cid": app["client_id"], "redir": NOWHERE, "state": ""}
    page = ask("/oauth/x-snac-login", **given)
    code = re.search(r"[0-9a-f]{32}", page.text)
    assert code is not None
    granted = ask(
        "/oauth/token",
        grant_type="authorization_code",
        code=code.group(0),
        client_id=app["client_id"],
        client_secret=app["client_secret"],
        redirect_uri=NOWHERE,
    )
    return str(granted.json()["access_token"])
