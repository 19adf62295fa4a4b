"""Labelled sentences: what the classifier learns from and is measured on."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fieldops.triage.plain_words import without_figures

FOLDER: Final = Path(__file__).parent / "sentences"
NOT_A_COMPLAINT: Final = "none"


@dataclass(frozen=True)
class Sentence:
    """One text with what it means.

    `label` is a service's code or `NOT_A_COMPLAINT`. What is `made` by a program trains and is never measured
    on. `origin` says whose it is: "starter", "confirmed" for words of a report that staff confirmed, or
    "inbox" for those of a conversation that an official sorted by hand.
    """

    text: str
    language: str
    label: str
    hazard: bool = False
    intent: str = "complaint"
    made: bool = False
    origin: str = "starter"


def starter_sentences() -> list[Sentence]:
    """Return the sentences written for this project that may train."""
    return _read("written", made=False) + _read("made", made=True)


def frozen_sentences() -> list[Sentence]:
    """Return the sentences that are never trained on."""
    return _read("frozen", made=False)


def each_once(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Return the sentences with every text once; a later one of the same text replaces an earlier one."""
    found: dict[str, Sentence] = {}
    for sentence in sentences:
        found[without_figures(sentence.text).strip()] = sentence
    return list(found.values())


def _read(name: str, *, made: bool) -> list[Sentence]:
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [
            Sentence(row["text"], row["language"], row["label"], row["hazard"] == "1", row["intent"], made)
            for row in csv.DictReader(file)
        ]
