"""Synapse, with an application service that is this test process."""

import base64
import hashlib
import hmac
import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import httpx

from tests.channels.daemons import Missing, free_port, own_folder, running, wait_for
from tests.channels.http_stand_in import Answer, Asked, HttpStandIn

SERVER = "solo.test"
GHOST = f"@dinas_dpupr:{SERVER}"
HS_TOKEN = "hs-rahasia"
AS_TOKEN = "as-rahasia"
SHARED_SECRET = "untuk mendaftar"
PASSWORD = "sandi uji"

HOMESERVER = """
server_name: {server}
listeners:
  - {{port: {port}, bind_addresses: [127.0.0.1], type: http, tls: false, resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: {folder}/homeserver.db}}}}
log_config: {folder}/log.yaml
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
registration_shared_secret: {secret}
macaroon_secret_key: macaroon
form_secret: form
report_stats: false
trusted_key_servers: []
federation_domain_whitelist: []
app_service_config_files: [{folder}/as.yaml]
enable_media_repo: true
rc_message: {{per_second: 1000, burst_count: 1000}}
rc_registration: {{per_second: 1000, burst_count: 1000}}
rc_joins: {{local: {{per_second: 1000, burst_count: 1000}}}}
rc_invites:
  per_room: {{per_second: 1000, burst_count: 1000}}
  per_user: {{per_second: 1000, burst_count: 1000}}
rc_room_creation: {{per_second: 1000, burst_count: 1000}}
rc_login:
  address: {{per_second: 1000, burst_count: 1000}}
  account: {{per_second: 1000, burst_count: 1000}}
"""

LOG = "{version: 1, root: {level: WARNING, handlers: [out]}, handlers: {out: {class: logging.StreamHandler}}}"


class Listener(HttpStandIn):
    """What the homeserver hands over, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.transactions: SimpleQueue[Asked] = SimpleQueue()

    def answer(self, asked: Asked) -> Answer:
        if asked.method == "PUT" and asked.path.startswith("/_matrix/app/v1/transactions/"):
            self.transactions.put(asked)
        return Answer(200)


@dataclass(frozen=True)
class MatrixServer:
    url: str
    listener: Listener
    admin: str
    person: str

    def as_user(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.Client(base_url=self.url, headers=headers, trust_env=False, timeout=30)


@contextmanager
def matrix_server() -> Iterator[MatrixServer]:
    """Yield a running homeserver; raises Missing where it cannot be had."""
    if find_spec("synapse") is None:
        raise Missing("matrix-synapse is not installed (pip install -r requirements-dev.txt)")
    # Our side first: a homeserver that finds nobody waits longer and longer.
    with own_folder() as folder, Listener() as listener:
        url = _write(folder, listener.url)
        command = [sys.executable, "-m", "synapse.app.homeserver", "--config-path", "homeserver.yaml"]
        log = folder / "log"
        with running(command, log, cwd=folder) as server:
            wait_for(server, log, lambda: _answers(url), "Synapse")
            admin, person = _register(url, "pengelola", is_admin=True), _register(url, "warga")
            yield MatrixServer(url, listener, admin, person)


def _write(folder: Path, listener: str) -> str:
    port = free_port()
    values = {"server": SERVER, "port": port, "folder": folder, "secret": SHARED_SECRET}
    (folder / "homeserver.yaml").write_text(HOMESERVER.format(**values))
    (folder / "log.yaml").write_text(LOG)
    seed = base64.b64encode(secrets.token_bytes(32)).decode().rstrip("=")
    (folder / "signing.key").write_text(f"ed25519 a_uji {seed}\n")
    service: dict[str, Any] = {
        "id": "lapor",
        "url": listener,
        "as_token": AS_TOKEN,
        "hs_token": HS_TOKEN,
        "sender_localpart": "lapor",
        "rate_limited": False,
        "namespaces": {
            "users": [{"exclusive": True, "regex": r"@dinas_.*:solo\.test"}],
            "rooms": [],
            "aliases": [],
        },
    }
    # JSON is YAML too.
    (folder / "as.yaml").write_text(json.dumps(service))
    return f"http://127.0.0.1:{port}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/_matrix/client/versions", trust_env=False).is_success
    except httpx.TransportError:
        return False


def _register(url: str, name: str, *, is_admin: bool = False) -> str:
    """Return the access token of a new user."""
    address = f"{url}/_synapse/admin/v1/register"
    nonce = httpx.get(address, trust_env=False).json()["nonce"]
    signed = "\0".join([nonce, name, PASSWORD, "admin" if is_admin else "notadmin"])
    mac = hmac.new(SHARED_SECRET.encode(), signed.encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": name, "password": PASSWORD, "admin": is_admin, "mac": mac}
    answer = httpx.post(address, json=body, trust_env=False, timeout=30)
    return str(answer.raise_for_status().json()["access_token"])
