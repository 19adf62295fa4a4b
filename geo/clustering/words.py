"""Do two descriptions speak of the same thing? Words of Indonesian, Javanese and English, as people spell."""

import re
import unicodedata
from collections import Counter
from math import sqrt
from typing import Final

GRAM: Final = 3
ALIKE: Final = 0.5
"""Two words are one from this share of common pieces: "lobang" and "lubang", "berlubang" and "lubang"."""
SHORT: Final = 5
"""Shorter words must be equal."""
MOST_CHARACTERS: Final = 2_000

COMMON_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
    ada adalah agar akan aku anda apa atau bagi bapak banyak bahwa banget belum bisa dan dari dalam dekat
    depan dengan di dia ini itu jadi jalan jangan jg jl jln juga ka kak kalau kali kami karena ke kita kok
    kota lagi lah lebih lewat mas mbak mohon nih nya oleh pada pak para perlu sama sampai samping sangat saya
    sebelah sebelum segera sekali sekitar selamat semua seperti setelah siang sini sore sudah supaya tapi
    telah terima kasih tidak tolong udah untuk yang yg bu gak ga tdk sdh krn utk dgn
    aku amarga ana ing iki iku kanggo karo kuwi lan lor marang mboten menika mriki niki nuwun opo ora punika
    sampun saking sing wis wonten nggih kula kidul kulon wetan
    a about after an and are as at be been by can for from has have i in is it its my near of on or our please
    road street that the there this to very was we were will with you your
    """,
    )
)
"""Words that say nothing of a defect: they stand in every second report."""


def similar_words(one: str, other: str) -> float:
    """Compare two descriptions.

    Parameters
    ----------
    one, other
        Free text, any language; only the first 2,000 characters are read.

    Returns
    -------
    0 to 1: the cosine of their counts of three-character pieces within words, common words left out. 0 where
    one of them says nothing.
    """
    a, b = _pieces(_words(one)), _pieces(_words(other))
    if not a or not b:
        return 0.0
    common = sum(count * b[piece] for piece, count in a.items() if piece in b)
    return float(common / sqrt(sum(n * n for n in a.values()) * sum(n * n for n in b.values())))


def shared_words(one: str, other: str, *, most: int = 3) -> tuple[str, ...]:
    """Name the words that two descriptions share, as the first spells them and in its order.

    Parameters
    ----------
    one, other
        Free text.
    most
        Longest words are kept when there are more.

    Returns
    -------
    Lower-case words; spellings that are alike count as shared.
    """
    others = list(dict.fromkeys(_words(other)))
    found = [word for word in dict.fromkeys(_words(one)) if any(_alike(word, theirs) for theirs in others)]
    kept = set(sorted(found, key=lambda word: (-len(word), word))[: max(most, 0)])
    return tuple(word for word in found if word in kept)


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text[:MOST_CHARACTERS].casefold())
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return [word for word in re.findall(r"[^\W\d_]{3,}", bare) if word not in COMMON_WORDS]


def _pieces(words: list[str]) -> Counter[str]:
    padded = [f" {word} " for word in words]
    return Counter(word[k : k + GRAM] for word in padded for k in range(len(word) - GRAM + 1))


def _alike(one: str, other: str) -> bool:
    if one == other:
        return True
    if min(len(one), len(other)) < SHORT:
        return False
    a, b = _pieces([one]), _pieces([other])
    return (a & b).total() >= ALIKE * min(a.total(), b.total())
