"""Mapbox vector tiles, version 2.1, written by hand: one layer of points, with whole numbers and words as
tags.

Source: Mapbox Vector Tile Specification 2.1 (https://github.com/mapbox/vector-tile-spec), and the encoding of
Protocol Buffers. Every number is written in its shortest form, keys and values are listed once, in the order
of their first use: the same features give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.tiles.compiled import inner
from geo.tiles.handles import ENTRY, column_i4, column_u1, handle_of

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]
U1 = NDArray[np.uint8]

EXTENT: Final = 4096
LAYER: Final = b"requests"
WORD: Final = 1 << 40
"""Tag values from here on stand for words: WORD + k is word k."""

MOST_HEAD: Final = 16
_SMALL: Final = 512
_NAME: Final = np.frombuffer(bytes([0x78, 2, 0x0A, len(LAYER)]) + LAYER, dtype=np.uint8)
_END: Final = np.frombuffer(bytes([0x28, EXTENT & 0x7F | 0x80, EXTENT >> 7]), dtype=np.uint8)


class Words(NamedTuple):
    """Names of keys, and words, end to end as UTF-8.

    Attributes
    ----------
    letters
        (m,) uint8.
    starts
        (k + 1,) int32: where each begins; names first.
    n_names
        How many names there are.
    """

    letters: U1
    starts: I4
    n_names: int


def word_list(names: Sequence[str], words: Sequence[str]) -> Words:
    """Lay names of keys, and words, end to end."""
    coded = [word.encode() for word in (*names, *words)]
    starts = np.cumsum([0] + [len(word) for word in coded]).astype(np.int32)
    return Words(np.frombuffer(b"".join(coded), dtype=np.uint8).copy(), starts, len(names))


def words_handle(words: Words) -> I8:
    """Return the handle of words, which must be kept as long as it is used."""
    return handle_of((words.letters, words.starts), words.n_names)


@inner
def words_of(handle: I8) -> Words:
    """The words of a handle."""
    return Words(column_u1(handle, 0), column_i4(handle, ENTRY), handle[2 * ENTRY])


def room_for(features: int, tags: int, words: Words) -> int:
    """Return how many bytes a tile of so many features, each of so many tags, takes at most."""
    return 64 + features * (48 + 22 * tags) + 2 * len(words.letters) + 16 * len(words.starts)


@inner
def _put(out: U1, at: int, value: int) -> int:
    """Write a number ≥ 0 as a varint."""
    while value > 127:
        out[at] = value & 127 | 128
        value >>= 7
        at += 1
    out[at] = value
    return at + 1


@inner
def _put_64(out: U1, at: int, value: int) -> int:
    """Write a number as a varint of its 64 bits, whatever its sign."""
    out[at] = value & 127
    value = (value >> 7) & 0x1FFFFFFFFFFFFFF
    while value:
        out[at] |= 128
        at += 1
        out[at] = value & 127
        value >>= 7
    return at + 1


@inner
def _copy(out: U1, at: int, source: U1, begin: int, end: int) -> int:
    for byte in range(begin, end):
        out[at] = source[byte]
        at += 1
    return at


@inner
def encode(features: I8, tags: I8, words: Words, out: U1) -> tuple[int, int]:  # noqa: C901, PLR0912, PLR0915  one loop: a call for
    # each tag would cost as much as the tag
    """Write a tile of one layer.

    Parameters
    ----------
    features
        (n, 4) int64: x and y in 1/4096 of the tile's side, id (0 for none), row after the last of its tags.
    tags
        (t, 2) int64: key, value: a number ≥ 0 or `WORD` + word.
    words
        Names of fewer than 128 keys, and words.
    out
        As many bytes as `room_for` says.

    Returns
    -------
    Where the bytes begin, at most `MOST_HEAD`, and end; none where there is no feature.
    """
    if len(features) == 0:
        return 0, 0
    large = 0
    for tag in range(len(tags)):
        large += tags[tag, 1] >= _SMALL
    size = 64
    while size < 2 * large:
        size *= 2
    values = np.empty(len(tags), np.int64)
    room = np.zeros(size + _SMALL + 2 * words.n_names, np.int32)  # at once: to ask for room takes long, too
    seen, seen_small = room[:size], room[size : size + _SMALL]
    key_at, used_keys = room[size + _SMALL :], room[size + _SMALL + words.n_names :]
    n_keys, n_values = 0, 0
    at = _copy(out, MOST_HEAD, _NAME, 0, len(_NAME))
    tag = 0
    for feature in range(len(features)):
        out[at] = 0x12
        body = at = at + 2  # room for a length of one byte, as almost all are
        if features[feature, 2] != 0:
            out[at] = 0x08
            at = _put_64(out, at + 1, features[feature, 2])
        out[at] = 0x12
        first = at = at + 2
        while tag < features[feature, 3]:
            key, value = tags[tag, 0], tags[tag, 1]
            tag += 1
            if key_at[key] == 0:
                used_keys[n_keys] = key
                n_keys += 1
                key_at[key] = n_keys
            if value < _SMALL:
                number = seen_small[value] - 1
                if number < 0:
                    number = n_values
                    seen_small[value] = number + 1
            else:
                slot = ((value * 0x9E3779B1) >> 7) & (size - 1)
                while seen[slot] != 0 and values[seen[slot] - 1] != value:
                    slot = (slot + 1) & (size - 1)
                if seen[slot] == 0:
                    seen[slot] = n_values + 1
                number = seen[slot] - 1
            if number == n_values:
                values[n_values] = value
                n_values += 1
            out[at] = key_at[key] - 1
            # Numbers of one or two bytes are written here: almost all are, and a call takes longer.
            is_long = number > 127
            out[at + 1] = number & 127 | is_long << 7
            out[at + 2] = number >> 7
            at += 2 + is_long
            if number > 16383:
                at = _put(out, at - 2, number)
        if at - first < 128:
            out[first - 1] = at - first
        else:
            at = _set_length(out, first, at)
        out[at], out[at + 1], out[at + 2], out[at + 4] = 0x18, 1, 0x22, 9  # a point; move to it, once
        points = at + 4
        at += 5
        for axis in range(2):
            number = (features[feature, axis] << 1) ^ (features[feature, axis] >> 63)
            is_long = number > 127
            out[at] = number & 127 | is_long << 7
            out[at + 1] = number >> 7
            at += 1 + is_long
            if number > 16383:
                at = _put(out, at - 2, number)
        out[points - 1] = at - points
        if at - body < 128:
            out[body - 1] = at - body
        else:
            at = _set_length(out, body, at)
    for row in range(n_keys):
        out[at] = 0x1A
        at = _put_word(out, at + 1, used_keys[row], words)
    for row in range(n_values):
        out[at] = 0x22
        if values[row] < 128:
            out[at + 1], out[at + 2], out[at + 3] = 2, 0x28, values[row]
            at += 4
        elif values[row] < WORD:
            out[at + 2] = 0x28
            after = _put(out, at + 3, values[row])
            out[at + 1] = after - at - 2
            at = after
        else:
            body = at = at + 2
            out[at] = 0x0A
            at = _put_word(out, at + 1, values[row] - WORD + words.n_names, words)
            at = _set_length(out, body, at)
    at = _copy(out, at, _END, 0, len(_END))
    # The length of all goes before it.
    length = _put(out, 0, at - MOST_HEAD)
    begin = MOST_HEAD - length - 1
    for byte in range(length - 1, -1, -1):
        out[begin + 1 + byte] = out[byte]
    out[begin] = 0x1A
    return begin, at


@inner
def _put_word(out: U1, at: int, word: int, words: Words) -> int:
    """Write a word after its length."""
    begin, after = words.starts[word], words.starts[word + 1]
    return _copy(out, _put(out, at, after - begin), words.letters, begin, after)


@inner
def _set_length(out: U1, begin: int, end: int) -> int:
    """Write a length into the byte before what it counts; a longer one moves that up. Returns the new end."""
    length = end - begin
    if length < 128:
        out[begin - 1] = length
        return end
    width = 1
    while length >> (7 * width) > 0:
        width += 1
    for byte in range(end - 1, begin - 1, -1):
        out[byte + width - 1] = out[byte]
    _put(out, begin - 1, length)
    return end + width - 1
