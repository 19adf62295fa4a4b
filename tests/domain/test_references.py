from collections import Counter
from datetime import date
from itertools import product

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fieldops.domain.references import (
    ALPHABET,
    _check_sign,
    digest,
    may_be_in_code,
    new_request_code,
    new_secret,
    normal_request_code,
    work_order_number,
)
from fieldops.domain.searched_words import searched_words

SIGNS = st.text(ALPHABET, min_size=6, max_size=6)


def test_the_alphabet_has_no_vowel_and_no_sign_that_is_read_as_another() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET)
    assert not set("AEIOU01LSYZ") & set(ALPHABET)


def test_every_single_wrong_sign_is_caught() -> None:
    # Each place counts with its own factor, so one wrong sign changes the sum by factor × difference:
    # all places, all pairs of signs, without walking all 3e8 codes.
    missed = Counter(
        place
        for place in range(6)
        for right, wrong in product(range(len(ALPHABET)), repeat=2)
        if right != wrong and _sum_changes_by(place, wrong - right) == 0
    )
    assert not missed


def test_every_swap_of_two_neighbours_is_caught() -> None:
    missed = 0
    for place in range(5):
        for left, right in product(ALPHABET, repeat=2):
            if left == right:
                continue
            signs = ["2"] * 6
            signs[place], signs[place + 1] = left, right
            swapped = signs.copy()
            swapped[place], swapped[place + 1] = right, left
            missed += _check_sign("".join(signs)) == _check_sign("".join(swapped))
    assert missed == 0


def _sum_changes_by(place: int, difference: int) -> int:
    low, high = ["2"] * 6, ["2"] * 6
    low[place], high[place] = ALPHABET[max(0, -difference)], ALPHABET[max(0, difference)]
    return ALPHABET.index(_check_sign("".join(high))) - ALPHABET.index(_check_sign("".join(low)))


@given(SIGNS)
def test_the_check_sign_swapped_with_its_neighbour_is_caught(signs: str) -> None:
    check = _check_sign(signs)
    assert check == signs[5] or _check_sign(signs[:5] + check) != signs[5]


@given(SIGNS, st.sampled_from(["SKA", "BOS"]))
def test_a_code_is_read_however_it_is_typed(signs: str, prefix: str) -> None:
    code = f"{prefix}-{signs[:4]}-{signs[4:]}{_check_sign(signs)}"
    plain = code.replace("-", "")
    for typed in (code, code.lower(), plain, f"  {plain[:5]} {plain[5:]} ", code.replace("-", "–")):
        assert normal_request_code(typed) == code


@pytest.mark.parametrize(
    "typed", ["", "SKA", "SKA-4K7M", "SKA-4K7M-2X", "ska-0000-000", "SKA-4K7M-2X3" * 3, "ＳＫＡ", "💧" * 9]
)
def test_what_is_no_code_is_none(typed: str) -> None:
    assert normal_request_code(typed) is None


def test_fresh_codes_are_in_normal_form_and_differ() -> None:
    codes = {new_request_code("SKA") for _ in range(500)}
    assert len(codes) == 500
    assert all(normal_request_code(code) == code for code in codes)


def test_work_orders_are_numbered_within_their_month() -> None:
    assert work_order_number(date(2026, 11, 25), 118) == "PK-2611-118"
    assert work_order_number(date(2027, 1, 2), 3) == "PK-2701-003"
    assert work_order_number(date(2027, 1, 2), 1234) == "PK-2701-1234"


def test_secrets_are_long_and_only_their_digest_is_needed() -> None:
    first, second = new_secret(), new_secret()
    assert first != second
    assert len(first) == 24
    assert digest(first) == digest(first) != digest(second)
    assert first not in digest(first)


@given(SIGNS, st.sampled_from(["SKA", "BOS", "ZYXW"]))
@example("GG4KGG", "BOS")  # GG is also how a lane is abbreviated: two spellings are looked for
@example("23KTJN", "JLN")
def test_whatever_part_of_a_code_somebody_types_is_looked_for(signs: str, prefix: str) -> None:
    code = f"{prefix}-{signs[:4]}-{signs[4:]}{_check_sign(signs)}"
    pieces = {code[begin:end] for begin in range(len(code)) for end in range(begin + 1, len(code) + 1)}
    assert all(map(may_be_in_code, pieces))
    for piece in pieces:
        for spellings in searched_words(piece):
            assert any(may_be_in_code(word) and word in piece.casefold() for word in spellings)


@pytest.mark.parametrize("word", ["slamet", "melati", "kerten", "pasar"])
def test_words_of_a_street_are_no_part_of_a_code(word: str) -> None:
    assert not may_be_in_code(word)
