"""Danger, intent, language and severity from words; and that no text whatever breaks them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz, process

from fieldops.triage.hazards import HazardWord, find_hazards
from fieldops.triage.intent import Intent, intent_of
from fieldops.triage.labelled import frozen_sentences, starter_sentences
from fieldops.triage.language import language_of
from fieldops.triage.plain_words import MOST_SIGNS, cut, without_figures
from fieldops.triage.severity import severity_of

ODD = [
    "",
    " ",
    "\0",
    "a\0b",
    "😀" * 4096,
    "x" * 10_000_000,
    "\ud800",
    "\u202e" * 50,
    "ﷺ" * 5000,
    "1" * 5000,
    "ß" * 9,
]


def codes(text: str) -> set[str]:
    return {hazard.code for hazard in find_hazards(text)}


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("td pagi ada yg JATUH dr motor", "fall"),
        ("tetangga terjatuhh di got", "fall"),
        ("ana wong numpak sepeda tiba", "fall"),
        ("kecelakan lagi pak", "accident"),
        ("kabel pln di tiang itu sudah putus", "electricity"),
        ("kabele wis pedhot", "electricity"),
        ("dalane cedhak kali ambrol", "collapse"),
        ("he was hit by a car", "accident"),
    ],
)
def test_danger_is_found_in_everyday_spelling(text: str, code: str) -> None:
    assert code in codes(text)


@pytest.mark.parametrize(
    "text",
    [
        "lubang got terbuka lebar",
        "tiba-tiba jalannya bolong",
        "tiba2 jalannya bolong",
        "kabel semrawut dilihat jelek",
        "anak sekolah lewat sini",
        "nyamuk demam berdarah",
        "paving melesak",
    ],
)
def test_ordinary_words_are_no_danger(text: str) -> None:
    assert codes(text) == set()


def test_the_list_of_danger_is_the_installation_s_own() -> None:
    own = [
        HazardWord("animal", "id", "ular & got"),
        HazardWord("animal", "id", "&"),
        HazardWord("x", "id", ""),
    ]
    assert [hazard.term for hazard in find_hazards("di got ada ular besar", own)] == ["ular & got"]
    assert find_hazards("tadi ada yang jatuh", own) == []


def test_hardly_a_danger_of_the_frozen_set_is_missed() -> None:
    meant = [sentence for sentence in frozen_sentences() if sentence.hazard]
    missed = [sentence.text for sentence in meant if not find_hazards(sentence.text)]
    assert len(missed) <= 0.02 * len(meant), missed


@pytest.mark.parametrize(
    ("text", "no_complaint", "has_evidence", "intent"),
    [
        ("selamat pagi pak", 0.0, False, Intent.GREETING),
        ("selamat pagi pak", 1.0, True, Intent.COMPLAINT),
        ("matur nuwun nggih", 0.2, False, Intent.GREETING),
        ("STOP", 0.1, False, Intent.STOP),
        ("tolong jangan kirim pesan lagi", 0.9, False, Intent.STOP),
        ("tolong stop truk yang lewat kampung, jalannya hancur semua", 0.9, False, Intent.GREETING),
        ("kantor buka jam berapa", 0.95, False, Intent.QUESTION),
        ("kapan jalan ini ditambal?", 0.4, False, Intent.COMPLAINT),
        ("itu loh yang kemarin", 0.5, False, Intent.COMPLAINT),
    ],
)
def test_doubt_is_a_complaint(text: str, no_complaint: float, has_evidence: bool, intent: Intent) -> None:
    assert intent_of(text, no_complaint=no_complaint, has_evidence=has_evidence) is intent


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("jalan di depan rumah saya berlubang", "id"),
        ("dalane bolong, nyuwun didandani", "jv"),
        ("there is a hole in the road", "en"),
        ("12345 !!", "id"),
    ],
)
def test_the_language_is_told(text: str, language: str) -> None:
    assert language_of(text) == language


def test_languages_of_the_frozen_set_are_mostly_right() -> None:
    held = frozen_sentences()
    right = sum(language_of(sentence.text) == sentence.language for sentence in held)
    assert right >= 0.95 * len(held)


@pytest.mark.parametrize(
    ("text", "level", "code"),
    [
        ("lubang dalam 15 cm", 3, "deep"),
        ("lubang dalam 5 cm", 2, ""),
        ("diameter 1,5 meter", 3, "large"),
        ("motor jatuh di situ", 3, "fall"),
        ("air masuk rumah warga", 3, "into_houses"),
        ("lubang kecil di pinggir", 1, "small"),
        ("jalan 300 m dari pasar berlubang", 2, ""),
        ("ada lubang", 2, ""),
    ],
)
def test_severity_has_its_reasons(text: str, level: int, code: str) -> None:
    found = severity_of(text, find_hazards(text))
    assert found.level == level
    assert [reason for reason, _ in found.reasons][:1] == ([code] if code else [])


def test_sentences_are_enough_and_the_frozen_ones_are_apart() -> None:
    held, frozen = starter_sentences(), frozen_sentences()
    assert len(held) >= 1200
    assert len(frozen) >= 240
    assert sum(sentence.made for sentence in held) <= len(held) / 3
    assert not any(sentence.made for sentence in frozen)
    trained = {without_figures(sentence.text) for sentence in held}
    assert not trained & {without_figures(sentence.text) for sentence in frozen}
    for label in {sentence.label for sentence in frozen}:
        assert sum(sentence.label == label and not sentence.made for sentence in held) >= 40
        assert sum(sentence.label == label for sentence in frozen) >= 30


def test_no_frozen_sentence_is_nearly_one_that_trains() -> None:
    trained = [sentence.text.lower() for sentence in starter_sentences()]
    frozen = [sentence.text.lower() for sentence in frozen_sentences()]
    assert process.cdist(frozen, trained, scorer=fuzz.ratio).max() < 80


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_texts_are_read(text: str) -> None:
    assert len(cut(text)) <= MOST_SIGNS
    assert find_hazards(text) == []
    assert severity_of(text).level in {1, 2, 3}
    assert language_of(text) in {"id", "jv", "en"}
    assert intent_of(text, no_complaint=0.0, has_evidence=False) in Intent


@settings(deadline=None, max_examples=150)
@given(st.text())
def test_any_text_is_read(text: str) -> None:
    assert severity_of(text, find_hazards(text)).level in {1, 2, 3}
    assert intent_of(text, no_complaint=0.5, has_evidence=False) in Intent
    assert language_of(text) in {"id", "jv", "en"}
