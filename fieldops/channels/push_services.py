"""The browser vendors' push services: which addresses are theirs, and handing one message to them."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httpx

from fieldops import clock
from fieldops.channels.contract import MediaGone, Permanent, RateLimited, Retryable
from fieldops.channels.doorman import Doorman, OwnNetwork, is_loopback
from fieldops.channels.push_encryption import DeviceKeys, encrypt
from fieldops.channels.vapid import PushKey
from fieldops.channels.vendor_calls import ASSUMED_WAIT_S, call, wait_s

TIMEOUT_S: Final = 10.0
"""A service that does not answer holds the only worker no longer."""
REST: Final = timedelta(seconds=60)
NEVER: Final = datetime.min.replace(tzinfo=UTC)
MOST_ADDRESS: Final = 1000
GONE: Final = (404, 410)


class DeviceGone(MediaGone):
    """The device takes no notices any more: its owner switched them off, or the browser is gone."""


class Unanswered(Retryable):
    """The service gave no answer at all."""


@dataclass(frozen=True)
class Subscription:
    """Where a device's notices go, and how they are encrypted for it."""

    endpoint: str
    keys: DeviceKeys


@dataclass(frozen=True)
class Push:
    """One message for one device.

    `topic` makes a later message take the place of one that the service still holds; `ttl_s` is how long it
    holds one for a device that is off; `urgency` as RFC 8030 has it.
    """

    words: bytes
    topic: str
    ttl_s: int
    urgency: str = "normal"


class RestingServices:
    """Services that gave no answer lately, as far as this process knows: the only worker must not wait ten
    seconds for each of a hundred devices.
    """

    def __init__(self) -> None:
        self._until: dict[str, datetime] = {}

    def rest(self, endpoint: str, now: datetime) -> None:
        """Let an endpoint's service alone for a while."""
        self._until[urlsplit(endpoint).netloc] = now + REST

    def until(self, endpoint: str) -> datetime:
        """Return until when an endpoint's service is let alone."""
        return self._until.get(urlsplit(endpoint).netloc, NEVER)


@dataclass(frozen=True)
class PushServices:
    """Hands messages over, behind the doorman.

    Parameters
    ----------
    allowed
        Names of hosts; `*.` before a name means every host below it.
    contact
        How the services' operators reach us.
    """

    doorman: Doorman
    allowed: tuple[str, ...]
    key: PushKey
    contact: str
    timeout_s: float = TIMEOUT_S

    def is_taken(self, endpoint: str) -> bool:
        """Return whether an address may be kept: of a known service by HTTPS. In a rehearsal this machine may
        be such a service at any port, without TLS, where its name is among the known ones; never by itself,
        since visitors of a public demonstration would reach whatever else listens here.
        """
        if not endpoint.isascii() or len(endpoint) > MOST_ADDRESS:
            return False
        try:
            parts = urlsplit(endpoint)
            host, port = parts.hostname or "", parts.port
        except ValueError:
            return False
        if parts.username is not None or parts.fragment or not parts.path.strip("/"):
            return False
        if not self._is_service(host):
            return False
        if not self.doorman.live and is_loopback(host):
            return parts.scheme in ("http", "https")
        return parts.scheme == "https" and port in (None, 443)

    def _is_service(self, host: str) -> bool:
        return any(
            host.endswith(name[1:]) if name.startswith("*.") else host == name for name in self.allowed
        )

    def send(self, to: Subscription, push: Push) -> None:
        """Hand a message over.

        Raises
        ------
        KeptInside
            This installation is a rehearsal.
        DeviceGone
            The subscription is no more.
        Unanswered, Retryable, RateLimited
            Later; a name that leads nowhere public, as while no name server answers, is Unanswered too.
        Permanent
            Refused for good.
        """
        if not self.is_taken(to.endpoint):
            raise Permanent("not a push service")
        parts = urlsplit(to.endpoint)
        try:
            stranger = self.doorman.strangers_client(to.endpoint)
        except OwnNetwork:  # a KeptInside, yet no rehearsal: the news must not pass for told
            raise Unanswered("no public address") from None
        headers = {
            "Authorization": self.key.authorization(to.endpoint, self.contact, clock.now()),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(push.ttl_s),
            "Topic": push.topic,
            "Urgency": push.urgency,
        }
        with stranger as client:
            try:
                answer = call(
                    client,
                    "POST",
                    _target(parts),
                    repeatable=True,  # the same topic and tag: a second one takes the first one's place
                    content=encrypt(push.words, to.keys),
                    headers=headers,
                    timeout=self.timeout_s,
                )
            except Retryable as failure:
                raise Unanswered(str(failure)) from None
        _require_taken(answer)


def _target(parts: SplitResult) -> str:
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def _require_taken(answer: httpx.Response) -> None:
    status = answer.status_code
    if answer.is_success:
        return
    if status in GONE:
        raise DeviceGone(f"refused with {status}")
    if status == 429:
        raise RateLimited("refused with 429", retry_after_s(answer.headers.get("retry-after"), clock.now()))
    if status in (408, 425) or status >= 500:
        after = answer.headers.get("retry-after")
        if after is not None:
            raise RateLimited(f"refused with {status}", retry_after_s(after, clock.now()))
        raise Retryable(f"refused with {status}")
    raise Permanent(f"refused with {status}")


def retry_after_s(value: str | None, now: datetime) -> float:
    """Return how long `Retry-After` asks us to wait, in seconds: it is a number of them, or a date."""
    if value is None:
        return ASSUMED_WAIT_S
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return wait_s(value)
    return wait_s((at - now).total_seconds()) if at.tzinfo else ASSUMED_WAIT_S
