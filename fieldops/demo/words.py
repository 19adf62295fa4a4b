"""Compose what people write from pieces, in everyday Indonesian and some Javanese."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np

from fieldops.demo.drawings import DATA

JAVANESE_SHARE: Final = 0.12

SHORT_FORMS: Final = {
    "yang": "yg",
    "tidak": "gak",
    "sudah": "udah",
    "dengan": "dg",
    "jalan": "jln",
    "depan": "dpn",
    "dekat": "dkt",
    "kalau": "klo",
    "banyak": "byk",
    "sampai": "sampe",
    "tolong": "tlg",
    "karena": "krn",
    "sebelah": "sblh",
    "mohon": "mhn",
}


@dataclass(frozen=True)
class Site:
    """Where a report is about, as its writer would say it; empty text is what the writer left out."""

    street: str
    kelurahan: str
    landmark: str


@cache
def _phrases() -> dict[str, Any]:
    return tomllib.loads((DATA / "phrases.toml").read_text(encoding="utf-8"))


def pick_language(rng: np.random.Generator) -> str:
    """Return "jv" for about one in eight, else "id"."""
    return "jv" if rng.random() < JAVANESE_SHARE else "id"


def pick_landmark(language: str, rng: np.random.Generator) -> str:
    """Return a thing people find a place by."""
    return _one(_phrases()[language]["landmark"], rng)


def compose(service_code: str, language: str, site: Site, rng: np.random.Generator) -> str:
    """Return one report's words.

    Parameters
    ----------
    service_code
        A service of the city's profile.
    language
        "id" or "jv".
    site
        What the writer knows of the place.
    rng
        The source of all variety.
    """
    pieces = _phrases()[language]
    opening = _one(pieces["opening"][service_code], rng)
    size = _one(pieces["size"].get(service_code, ["lumayan"]), rng)
    body = [opening.format(place=_place(pieces, site, rng), size=size)]
    more = [
        _one(pieces["since"], rng) if rng.random() < 0.45 else "",
        _one(pieces["effect"][service_code], rng) if rng.random() < 0.45 else "",
    ]
    body += [more[index] for index in rng.permutation(2)]
    parts = [
        _one(pieces["greeting"], rng) if rng.random() < 0.3 else "",
        *body,
        _one(pieces["ask"], rng) if rng.random() < 0.55 else "",
        _one(pieces["thanks"], rng) if rng.random() < 0.35 else "",
    ]
    return _typed([part for part in parts if part], rng)


def _one(choices: list[str], rng: np.random.Generator) -> str:
    return choices[int(rng.integers(len(choices)))]


def _place(pieces: dict[str, Any], site: Site, rng: np.random.Generator) -> str:
    if not site.street:
        patterns = pieces["at_unknown"] if site.kelurahan else pieces["at_unknown"][:2]
    else:
        patterns = pieces["at_area"] if site.kelurahan and rng.random() < 0.3 else pieces["at"]
    if not site.landmark:
        patterns = [pattern for pattern in patterns if "{landmark}" not in pattern] or ["{street}{kelurahan}"]
    place = _one(patterns, rng).format(street=site.street, kelurahan=site.kelurahan, landmark=site.landmark)
    return place.strip() or "di dekat rumah"


def _typed(sentences: list[str], rng: np.random.Generator) -> str:
    """Return the sentences as typed on a phone: now and then small letters, short forms, no full stops."""
    is_small, is_short, is_loose = rng.random(3) < (0.2, 0.22, 0.18)
    if is_loose:
        joint = (", ", " ", "\n")[int(rng.integers(3))]
        sentences = [sentence.rstrip(".,") for sentence in sentences]
    else:
        joint = " "
    text = joint.join(sentences).replace("Jalan di Jl.", "Jl.").replace("Jalan di Gang", "Gang")
    if is_short:
        text = re.sub(r"\b\w+\b", lambda word: SHORT_FORMS.get(word.group().lower(), word.group()), text)
    return text.lower() if is_small else text[:1].upper() + text[1:]
