"""deploy/nginx.conf in a real nginx before the real site: TLS, HTTP/2, what it hands on and says itself."""

import os
import shutil
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from werkzeug.serving import make_server

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.extensions import db
from tests.channels.daemons import Missing, free_port, listens, own_folder, program, running, wait_for

ROOT = Path(__file__).parents[2]
NAME = "aduan.example.org"
AROUND = """
daemon off;
{user}
pid {folder}/pid;
error_log {folder}/start.log;
events {{}}
http {{
  default_type text/html;
  types {{ text/html html; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  {site}
}}
"""


@dataclass
class Proxy:
    """A site behind its proxy; `log` is where the proxy writes errors."""

    plain: str
    port: int
    log: Path
    certificate: Path

    def ask(self, method: str, path: str, **more: object) -> httpx.Response:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        with httpx.Client(verify=trusted, trust_env=False, timeout=60) as client:
            request = client.build_request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                extensions={"sni_hostname": NAME},
                **more,  # type: ignore[arg-type]
            )
            request.headers["Host"] = NAME
            return client.send(request)

    def protocol(self) -> str | None:
        """Return what a browser and the proxy agree to speak."""
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        trusted.set_alpn_protocols(["h2", "http/1.1"])
        with (
            socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection,
            trusted.wrap_socket(connection, server_hostname=NAME) as secured,
        ):
            return secured.selected_alpn_protocol()


def certify(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, NAME)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "fullchain.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )


def adapted(folder: Path, ports: dict[str, int]) -> str:
    """Return the file as an operator adapts it; every change must find what it changes."""
    words = (ROOT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    for old, new in (
        ("    listen [::]:80;\n", ""),
        ("    listen [::]:443 ssl http2;\n", ""),
        ("listen 80;", f"listen 127.0.0.1:{ports['plain']};"),
        ("listen 443 ssl", f"listen 127.0.0.1:{ports['tls']} ssl"),
        ("http://127.0.0.1:8000", f"http://127.0.0.1:{ports['site']}"),
        ("/etc/ssl/fieldops/", f"{folder}/"),
        ("/var/log/nginx/", f"{folder}/"),
        ("/srv/fieldops/deploy", str(ROOT / "deploy")),
    ):
        assert old in words, old
        words = words.replace(old, new)
    return words


@pytest.fixture
def site(spatialite_city: dict[bool, Path], tmp_path: Path) -> Iterator[int]:
    """The port of a site that runs as deploy/fieldops.env says."""
    shutil.copy(spatialite_city[False], tmp_path / "fieldops.sqlite")
    app = create_app(
        Settings(
            instance_dir=tmp_path,
            database_url="",
            secret_key="test secret",
            public_url=f"https://{NAME}",
            secure_cookies=True,
            trusted_proxies=1,
        )
    )
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(10)
    server.server_close()
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def proxy_before() -> Iterator[object]:
    """A function that starts the proxy before a port."""
    try:
        nginx = program("nginx", "nginx")
    except Missing as missing:
        pytest.skip(str(missing))
    with own_folder() as folder:
        certify(folder)
        started = []

        def start(site: int) -> Proxy:
            ports = {"site": site, "plain": free_port(), "tls": free_port()}
            user = "user root;" if os.geteuid() == 0 else ""
            around = AROUND.format(folder=folder, user=user, site=adapted(folder, ports))
            (folder / "nginx.conf").write_text(around, encoding="utf-8")
            log = folder / "start.log"
            block = running([nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")], log)
            started.append(block)
            wait_for(block.__enter__(), log, lambda: listens(ports["tls"]), "nginx")
            return Proxy(
                f"http://127.0.0.1:{ports['plain']}",
                ports["tls"],
                folder / "fieldops.log",
                folder / "fullchain.pem",
            )

        yield start
        for block in started:
            block.__exit__(None, None, None)


def test_the_site_knows_that_it_is_asked_by_tls_under_its_own_name(proxy_before, site: int) -> None:
    proxy = proxy_before(site)
    page = proxy.ask("GET", "/masuk")
    assert page.status_code == 200
    assert page.headers["Strict-Transport-Security"].startswith("max-age=")
    cookie = page.headers["Set-Cookie"]
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax"))
    assert proxy.protocol() == "h2"
    sent_on = proxy.ask("GET", "/petugas")
    assert sent_on.status_code in {302, 303}
    assert not sent_on.headers["Location"].startswith("http://")


def test_plain_http_is_sent_to_tls(proxy_before, site: int) -> None:
    proxy = proxy_before(site)
    for host in (NAME, "palsu.example.org"):
        answer = httpx.get(f"{proxy.plain}/lapor?a=1", headers={"Host": host}, trust_env=False)
        assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/lapor?a=1")


def test_three_large_photos_come_through_and_more_is_refused_with_a_sentence(proxy_before, site: int) -> None:
    proxy = proxy_before(site)
    photos = [("photos", (f"{number}.jpg", b"x" * 20_000_000, "image/jpeg")) for number in range(3)]
    answer = proxy.ask("POST", "/lapor", files=photos, data={"words": "Lubang"})
    assert answer.status_code == 400, "the site's own word: the form has no token"
    refused = proxy.ask("POST", "/lapor", content=b"x" * (64 * 1024 * 1024 + 1))
    assert refused.status_code == 413
    assert "Kiriman ini terlalu besar" in refused.text
    assert "too large to send" in refused.text


def test_while_the_site_is_away_a_page_says_so_and_no_log_keeps_the_path(proxy_before) -> None:
    proxy = proxy_before(free_port())
    secret = "/a/RahasiaSekaliTokenPelapor123456"
    answer = proxy.ask("GET", secret)
    assert answer.status_code == 503, "programs and the crews' phones try again"
    assert answer.headers["Retry-After"] == "30"
    assert "sedang dinyalakan lagi" in answer.text
    assert "being started again" in answer.text
    assert proxy.ask("GET", "/away.html").headers["Retry-After"] == "30"
    assert secret not in proxy.log.read_text() + proxy.log.with_name("start.log").read_text()
