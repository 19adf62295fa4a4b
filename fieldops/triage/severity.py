"""How bad it is, from words: light, medium or heavy, with what was said for it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fieldops.triage.hazards import Hazard, HazardTerms, HazardWord, find_hazards
from fieldops.triage.plain_words import plain

LIGHT, MEDIUM, HEAVY = 1, 2, 3

# What is heavy and what light whatever the kind: how deep, how wide, who cannot pass.
HEAVY_WORDS: Final = HazardTerms(
    HazardWord(code, language, term)
    for code, language, terms in (
        (
            "deep",
            "id",
            "dalam banget, dalem banget, dalam sekali, sangat dalam, makin dalam, menganga",
        ),
        ("deep", "jv", "jero, jero banget, mangap"),
        ("deep", "en", "very deep, deep pothole, deep hole"),
        ("large", "id", "besar sekali, gede banget, besar banget, sangat besar, lebar banget, parah, hancur"),
        ("large", "jv", "gedhe banget, amba banget, ajur, nemen, bubrah"),
        ("large", "en", "huge, very large, big hole, terrible"),
        ("impassable", "id", "tidak bisa lewat, ga bisa lewat, gak bisa lewat, gabisa lewat, putar balik"),
        ("impassable", "jv", "ora iso liwat, ora iso lewat, mboten saged liwat"),
        ("impassable", "en", "cannot pass, can not pass, cant pass, impassable"),
        ("into_houses", "id", "masuk rumah, masuk ke rumah, masuk dapur, kemasukan air"),
        ("into_houses", "jv", "mlebu omah, mlebet griya, mlebet dapur, mlebu pawon"),
        ("into_houses", "en", "entered our house, into the house, water came into"),
        ("high_water", "id", "selutut, sedengkul, lutut, dengkul, sepaha, sepinggang, sedada"),
        ("high_water", "jv", "sak dengkul, nganti dengkul, sak weteng"),
        ("high_water", "en", "knee deep, up to the knee, waist"),
        ("damage", "id", "ban pecah, ban bocor, pecah ban, velg, robek"),
        ("damage", "jv", "ban bocor, velgku"),
        ("damage", "en", "tyre blew, flat tyre, wheel bent"),
    )
    for term in terms.split(", ")
)
LIGHT_WORDS: Final = HazardTerms(
    HazardWord(code, language, term)
    for code, language, terms in (
        (
            "small",
            "id",
            "lubang kecil, lobang kecil, masih kecil, sedikit, retak halus, dangkal",
        ),
        ("small", "jv", "cilik, sethithik"),
        ("small", "en", "small, tiny, slightly"),
    )
    for term in terms.split(", ")
)

LENGTH: Final = re.compile(r"(\d{1,3}(?:[.,]\d)?)\s{0,2}(cm|senti|centi|sentimeter|meter|mtr|m)\b")
METRES: Final = frozenset({"meter", "mtr", "m"})
DEPTH_SIGNS: Final = (
    "dalam",
    "dalem",
    "tinggi",
    "turun",
    "jero",
    "deep",
    "depth",
    "dropped",
    "mudhun",
    "sunk",
)
DEEP_CM: Final = 10.0
WIDE_CM: Final = 100.0


@dataclass(frozen=True)
class Severity:
    """1 light, 2 medium, 3 heavy; `reasons` are codes with the words that gave them."""

    level: int
    reasons: tuple[tuple[str, str], ...]


def severity_of(text: str, hazards: Sequence[Hazard] = ()) -> Severity:
    """Return how bad a text makes it; medium where it says nothing.

    Danger outweighs size, size outweighs smallness; a depth from 10 cm or a width from 1 m is heavy (ours).
    """
    reasons = [(hazard.code, hazard.term) for hazard in hazards]
    reasons += [(found.code, found.term) for found in find_hazards(text, HEAVY_WORDS)]
    reasons += _measures(plain(text))
    if reasons:
        return Severity(HEAVY, tuple(reasons))
    small = find_hazards(text, LIGHT_WORDS)
    return Severity(LIGHT if small else MEDIUM, tuple((found.code, found.term) for found in small))


def _measures(text: str) -> list[tuple[str, str]]:
    """Return the measures that are heavy by themselves."""
    heavy = []
    for found in LENGTH.finditer(text):
        size_cm = float(found[1].replace(",", ".")) * (100 if found[2] in METRES else 1)
        before = text[max(0, found.start() - 24) : found.start()]
        if any(sign in before for sign in DEPTH_SIGNS) and size_cm >= DEEP_CM:
            heavy.append(("deep", found[0]))
        elif WIDE_CM <= size_cm <= 20 * WIDE_CM:
            heavy.append(("large", found[0]))
    return heavy[:2]
