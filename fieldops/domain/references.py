"""Public references and secret links.

A request's code is meant to be read over the telephone: no vowels, no letters that look like figures, and
one check sign. Work orders are numbered within a month. A tracking link is a random secret of which only
the digest is stored.
"""

import hashlib
import secrets
from datetime import date
from typing import Final

ALPHABET: Final = "23456789BCDFGHJKMNPQRTVWX"
"""25 signs: no vowels (no words by accident), no 0/O, 1/I/L, 2/Z, S/5 or Y/V pairs."""

WEIGHTS: Final = (1, 2, 3, 4, 6, 7)
"""None, and no difference of neighbours, shares a divisor with 25: the check sign then catches every single
wrong sign and every swap of two neighbours. With 26 signs no weights would do both.
"""

LONGEST_PREFIX: Final = 4
"""Letters of a city's own code."""

SECRET_BYTES: Final = 18


def new_request_code(prefix: str) -> str:
    """Return a fresh code such as SKA-4K7M-2X3: six random signs and a check sign.

    25^6 = 2.4e8 codes; the caller retries on the database's unique constraint.
    """
    number, signs = secrets.randbelow(len(ALPHABET) ** 6), ""
    for _place in range(6):
        number, sign = divmod(number, len(ALPHABET))
        signs += ALPHABET[sign]
    return f"{prefix}-{signs[:4]}-{signs[4:]}{_check_sign(signs)}"


def _check_sign(signs: str) -> str:
    total = sum(weight * ALPHABET.index(sign) for weight, sign in zip(WEIGHTS, signs, strict=True))
    return ALPHABET[total % len(ALPHABET)]


def normal_request_code(words: str) -> str | None:
    """Return the code in its normal form, or None when it is not one or its check sign is wrong."""
    plain = "".join(sign for sign in words.upper() if sign.isalnum())
    if len(plain) < 8:
        return None
    prefix, signs, check = plain[:-7], plain[-7:-1], plain[-1]
    if any(sign not in ALPHABET for sign in signs) or check != _check_sign(signs):
        return None
    return f"{prefix}-{signs[:4]}-{signs[4:]}{check}"


def may_be_in_code(piece: str) -> bool:
    """Say whether what somebody types may be a piece of a code: its hyphen, its prefix, or its signs."""
    return "-" in piece or len(piece) <= LONGEST_PREFIX or all(sign in ALPHABET for sign in piece.upper())


def work_order_number(day: date, running: int) -> str:
    """Return PK-2611-118 for the 118th order of November 2026."""
    return f"PK-{day:%y%m}-{running:03d}"


def new_secret() -> str:
    """Return a fresh secret for a link, 144 bits, safe in an address."""
    return secrets.token_urlsafe(SECRET_BYTES)


def digest(secret: str) -> str:
    """Return what is stored of a secret. It has full entropy, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()
