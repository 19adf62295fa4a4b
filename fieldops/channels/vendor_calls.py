"""Asking a vendor over HTTP: what goes wrong becomes an error of the contract, without anybody's words."""

from time import monotonic
from typing import Any, Final

import httpx

from fieldops.channels.contract import (
    AccessExpired,
    Media,
    MediaGone,
    Permanent,
    RateLimited,
    Retryable,
    Uncertain,
)
from fieldops.channels.loose_json import Record, load, number

MOST_BYTES: Final = 25 * 1024 * 1024
"""Larger files are not fetched."""

ASSUMED_WAIT_S: Final = 30.0
"""How long to wait where a vendor says 'too fast' and no more."""

LONGEST_DOWNLOAD_S: Final = 60.0
"""A server that sends a byte now and then holds no worker for longer."""

LONGEST_WAIT_S: Final = 86_400.0

# The request never left, so a repeat cannot be a second message.
NOT_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


def call(client: httpx.Client, method: str, path: str, *, repeatable: bool, **request: Any) -> httpx.Response:
    """Ask, and return whatever answer came.

    Parameters
    ----------
    client
        The doorman's.
    method, path, **request
        As httpx takes them.
    repeatable
        Whether asking twice does no harm: reading, or writing under a key that the vendor knows.

    Raises
    ------
    Retryable
        No answer, and a repeat does no harm.
    Uncertain
        No answer, and it may have been carried out.
    """
    try:
        return client.request(method, path, **request)
    except httpx.InvalidURL:
        raise Permanent("not an address") from None
    except httpx.RequestError as failure:
        name = type(failure).__name__
        if repeatable or isinstance(failure, NOT_SENT):
            raise Retryable(f"no answer: {name}") from None
        raise Uncertain(f"no answer: {name}") from None


def require_ok(response: httpx.Response) -> httpx.Response:
    """Return a good answer; raise what any other means where the vendor has no codes of its own."""
    status = response.status_code
    if response.is_success:
        return response
    if status == 429:
        raise RateLimited("refused with 429", wait_s(response.headers.get("retry-after")))
    if status == 401:
        raise AccessExpired("refused with 401")
    if status in (408, 425) or status >= 500:
        raise Retryable(f"refused with {status}")
    raise Permanent(f"refused with {status}")


def wait_s(value: object, per_second: float = 1.0) -> float:
    """Return a vendor's waiting time in seconds, between one second and one day."""
    asked = number(value)
    return ASSUMED_WAIT_S if asked is None else min(max(asked / per_second, 1.0), LONGEST_WAIT_S)


def answer(response: httpx.Response) -> Record:
    """Return the object of an answer, empty where it holds none."""
    try:
        return load(response.content)
    except ValueError:
        return {}


def require_id(found: str) -> str:
    """Return a sent message's id; an answer without one leaves open what became of it."""
    if not found:
        raise Uncertain("the answer names no message")
    return found


def download(client: httpx.Client, url: str, *, gone: tuple[int, ...] = (404, 410)) -> Media:
    """Fetch a file of at most 25 MB; `gone` are the codes that mean it is no longer there."""
    try:
        with client.stream("GET", url) as response:
            if response.status_code in gone:
                raise MediaGone(f"refused with {response.status_code}")
            require_ok(response)
            until = monotonic() + LONGEST_DOWNLOAD_S
            data = bytearray()
            for part in response.iter_bytes():
                data += part
                if len(data) > MOST_BYTES:
                    raise Permanent("the file is larger than 25 MB")
                if monotonic() > until:
                    raise Retryable("the file came too slowly")
    except httpx.InvalidURL:
        raise Permanent("not an address") from None
    except httpx.RequestError as failure:
        raise Retryable(f"no answer: {type(failure).__name__}") from None
    return Media(bytes(data), response.headers.get("content-type", "").partition(";")[0].strip().lower())
