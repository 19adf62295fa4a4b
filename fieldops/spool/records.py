"""How an event lies in a file: a head with its length and checksum, then its facts and its bytes.

A record is whole or it does not count. Past a damaged one the file is read on: the next has its mark.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

MARK: Final = b"\xf5EV1"
HEAD: Final = struct.Struct(">4sI16s")
"""Mark, length of the body in bytes, BLAKE2b-128 of the body."""
FACTS: Final = struct.Struct(">qqH")
"""Account, when it was received in microseconds since 1970, length of the key in bytes."""
MOST_BODY: Final = 32_000_000
"""No event is that large; a length above it is damage."""
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Record:
    """One event of an account as the vendor sent it; `received_at` orders the events of all writers."""

    account_id: int
    event_key: str
    raw: bytes
    received_at: datetime


@dataclass(frozen=True)
class Contents:
    """What a file holds: whole records with nothing or something bad between or behind them.

    `torn_bytes` are those of a last record whose writer died in the middle: it was never acknowledged.
    `damaged_bytes` belong to nothing that can be read.
    """

    records: tuple[Record, ...]
    torn_bytes: int = 0
    damaged_bytes: int = 0


def encode(record: Record) -> bytes:
    """Return a record's bytes."""
    key = record.event_key.encode()
    at_us = (record.received_at - EPOCH) // timedelta(microseconds=1)
    body = FACTS.pack(record.account_id, at_us, len(key)) + key + record.raw
    return HEAD.pack(MARK, len(body), _digest(body)) + body


def received_at(beginning: bytes) -> datetime | None:
    """Return when the record was received whose first bytes these are; None where they are none."""
    if len(beginning) < HEAD.size + FACTS.size or not beginning.startswith(MARK):
        return None
    at_us = FACTS.unpack_from(beginning, HEAD.size)[1]
    try:
        return EPOCH + timedelta(microseconds=at_us)
    except OverflowError:
        return None


def decode(data: bytes) -> Contents:
    """Return what a file's bytes hold; any bytes are taken."""
    records: list[Record] = []
    at = damaged = 0
    while at < len(data):
        body = _body_at(data, at)
        if body is not None:
            records.append(_record_of(body))
            at += HEAD.size + len(body)
            continue
        following = _next_whole(data, at + 1)
        if following is None:
            is_torn = _is_torn(data, at)
            left = len(data) - at
            return Contents(tuple(records), left if is_torn else 0, damaged + (0 if is_torn else left))
        damaged += following - at
        at = following
    return Contents(tuple(records), 0, damaged)


def _body_at(data: bytes, at: int) -> bytes | None:
    """Return the body of a whole record that begins at a place, or None."""
    if len(data) - at < HEAD.size:
        return None
    mark, length, digest = HEAD.unpack_from(data, at)
    start = at + HEAD.size
    if mark != MARK or not FACTS.size <= length <= min(MOST_BODY, len(data) - start):
        return None
    body = data[start : start + length]
    is_whole = _digest(body) == digest and _key_end(body) <= length
    return body if is_whole else None


def _record_of(body: bytes) -> Record:
    account_id, at_us, _length = FACTS.unpack_from(body)
    end = _key_end(body)
    key = body[FACTS.size : end].decode()
    return Record(account_id, key, body[end:], EPOCH + timedelta(microseconds=at_us))


def _key_end(body: bytes) -> int:
    return FACTS.size + int(FACTS.unpack_from(body)[2])


def _next_whole(data: bytes, start: int) -> int | None:
    """Return where the next whole record begins."""
    return next((at for at in _marks(data, start) if _body_at(data, at) is not None), None)


def _marks(data: bytes, start: int) -> Iterator[int]:
    at = data.find(MARK, start)
    while at >= 0:
        yield at
        at = data.find(MARK, at + 1)


def _is_torn(data: bytes, at: int) -> bool:
    """Return whether the bytes from a place on may be the beginning of a record that goes on behind them."""
    if len(data) - at < HEAD.size:
        return MARK.startswith(data[at : at + len(MARK)][: len(data) - at])
    mark, length, _digest_said = HEAD.unpack_from(data, at)
    return bool(mark == MARK and len(data) - at - HEAD.size < length <= MOST_BODY)


def _digest(body: bytes) -> bytes:
    return hashlib.blake2b(body, digest_size=16).digest()
