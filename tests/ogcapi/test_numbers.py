"""Numbers that leave the building encrypted, and marks of pages."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.ogcapi.numbers import HiddenNumbers

pytestmark = pytest.mark.disable_socket
OURS = HiddenNumbers("a secret")
NUMBERS = st.integers(0, 2**63 - 1)


@given(st.lists(NUMBERS, unique=True))
def test_words_lead_back_to_their_numbers_and_differ(numbers: list[int]) -> None:
    words = OURS.hide(numbers)
    assert len(set(words)) == len(numbers)
    assert [OURS.find(word) for word in words] == numbers


def test_words_tell_no_order_and_another_secret_gives_others() -> None:
    words = OURS.hide(range(1000))
    assert sum(one < other for one, other in pairwise(words)) in range(430, 570)
    assert not set(words) & set(HiddenNumbers("another").hide(range(1000)))
    assert all(HiddenNumbers("another").find(word) is None for word in words)


@given(st.text(max_size=30))
def test_made_up_words_are_found_out(word: str) -> None:
    assert OURS.find(word) is None
    assert OURS.place(word, "question") is None


@given(NUMBERS, st.integers(0, 2**32 - 1))
def test_a_mark_leads_back_in_its_own_question(number: int, total: int) -> None:
    word = OURS.mark(number, total, "question")
    assert OURS.place(word, "question") == (number, total)
    assert OURS.place(word, "another") is None


def test_a_letter_with_spare_bits_is_not_read_as_another() -> None:
    (word,) = OURS.hide([7])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    assert [letter for letter in letters if OURS.find(word[:-1] + letter) == 7] == [word[-1]]
