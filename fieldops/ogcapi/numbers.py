"""Numbers that leave the building encrypted: in a row they would tell how many are missing between them.

One block of AES under a key of our own is a secret permutation of 16 bytes: the same number always gives the
same word, two never give one word, and a word that was made up is found out, since what is opened has to end
as it was closed.
"""

import base64
import binascii
import hashlib
import struct
from collections.abc import Sequence
from typing import Final

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK: Final = 16
WORD_LETTERS: Final = 22


class HiddenNumbers:
    """Closes and opens numbers with one secret."""

    def __init__(self, secret: str) -> None:
        key = hashlib.sha256(secret.encode()).digest()[:BLOCK]
        # Each block stands alone, which is what makes it a permutation; no text is encrypted here.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB())  # noqa: S305

    def hide(self, numbers: Sequence[int]) -> list[str]:
        """Return a word for each number, 22 letters that may stand in an address."""
        blocks = np.zeros((len(numbers), 2), dtype=">i8")
        blocks[:, 0] = numbers
        closed = self._closed(blocks.tobytes())
        return [_word(closed[at : at + BLOCK]) for at in range(0, len(closed), BLOCK)]

    def find(self, word: str) -> int | None:
        """Return the number of a word, None for a word that is none of ours."""
        opened = self._opened(word)
        if opened is None or any(opened[8:]):
            return None
        return int.from_bytes(opened[:8], "big", signed=True)

    def mark(self, number: int, total: int, question: str) -> str:
        """Return a word for a place in the answer to a question: the last number told, and how many match."""
        return _word(self._closed(struct.pack(">qI", number, total) + _digest(question)))

    def place(self, word: str, question: str) -> tuple[int, int] | None:
        """Return (number, total) of a mark, None unless it is one of the same question."""
        opened = self._opened(word)
        if opened is None or opened[12:] != _digest(question):
            return None
        number, total = struct.unpack(">qI", opened[:12])
        return number, total

    def _closed(self, blocks: bytes) -> bytes:
        worker = self._cipher.encryptor()
        return worker.update(blocks) + worker.finalize()

    def _opened(self, word: str) -> bytes | None:
        if len(word) != WORD_LETTERS:
            return None
        try:
            block = base64.b64decode(word + "==", altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        worker = self._cipher.decryptor()
        opened = worker.update(block) + worker.finalize()
        return opened if _word(block) == word else None  # the last letter has bits to spare


def _word(block: bytes) -> str:
    return base64.urlsafe_b64encode(block).decode().rstrip("=")


def _digest(question: str) -> bytes:
    return hashlib.blake2s(question.encode(), digest_size=4).digest()
