import pytest

from fieldops.domain.searched_words import is_found, searched_words

SAID = "Jl. Melati gg. 3, Kampung Baru PK-2612-190 1943"


@pytest.mark.parametrize(
    "words",
    [
        "melati",
        "Jalan Melati",
        "jln. melati",
        "baru melat",
        "gang 3",
        "kel. Kampung Baru",
        "PK-2612",
        "#1943",
        "jalan",
    ],
)
def test_finds_a_place_however_it_is_abbreviated(words: str) -> None:
    assert is_found(searched_words(words), SAID)


@pytest.mark.parametrize("words", ["melati kenanga", "gang 7", "", "  ", "?!", "kelurahan", "%"])
def test_every_word_counts_and_none_finds_nothing(words: str) -> None:
    assert not is_found(searched_words(words), SAID)


def test_a_short_spelling_is_a_word_of_its_own() -> None:
    assert not is_found(searched_words("gang"), "Jl. Ganggeng")
    assert not is_found(searched_words("jalan"), "Gg. Jlamprang")


def test_a_word_that_lists_leave_out_is_looked_for_when_it_stands_alone() -> None:
    assert is_found(searched_words("kelurahan"), "depan Kantor Kelurahan Kadipiro")
