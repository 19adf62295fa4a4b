"""The one door to the outside for channels: in a rehearsal nobody but this machine is reached."""

import ipaddress
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httpx

from fieldops.errors import SetupError

TIMEOUT_S: Final = 20.0


class KeptInside(SetupError):
    """A rehearsal (tests, demonstrations, staging) tried to reach somebody real."""


class OwnNetwork(KeptInside):
    """A stranger's address led into our own network, or somewhere without TLS."""


@dataclass(frozen=True)
class Doorman:
    """Lets messages out, or not.

    Parameters
    ----------
    live
        Whether real people may be written to. Without it only loopback hosts are reached.
    """

    live: bool = False

    def require(self, host: str) -> None:
        """Raise KeptInside unless the host may be reached."""
        if not self.live and not is_loopback(host):
            raise KeptInside(
                "This installation is a rehearsal (FIELDOPS_LIVE is not set): nothing was sent to %(host)s.",
                host=host,
            )

    def client(self, base_url: str, headers: dict[str, str] | None = None) -> httpx.Client:
        """Return an HTTP client for one base address; redirects are not followed, so none leads astray."""
        self.require(urlsplit(base_url).hostname or "")
        return httpx.Client(
            base_url=base_url,
            headers=headers,
            timeout=TIMEOUT_S,
            trust_env=False,
            event_hooks={"request": [self._look]},
        )

    def strangers_client(self, url: str) -> httpx.Client:
        """Return a client for an address that a stranger chose, such as a photo's on somebody's server.

        It leads to the public internet by TLS, never into our own network. Raises OwnNetwork otherwise.
        """
        parts = urlsplit(url)
        host = parts.hostname or ""
        if self.live and (parts.scheme != "https" or not _is_public(host)):
            raise OwnNetwork("%(host)s is not on the public internet: nothing was fetched.", host=host)
        return self.client(f"{parts.scheme}://{parts.netloc}")

    def _look(self, request: httpx.Request) -> None:
        self.require(request.url.host)


def _is_public(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    return bool(addresses) and all(one.is_global and not one.is_multicast for one in addresses)


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
