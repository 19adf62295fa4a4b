"""Contacts as only their owner can read them, numbers as people write them, and what asks for one's data."""

import pytest

from fieldops.domain.conversations import asks_for_data
from fieldops.domain.own_data import masked, plain_number

pytestmark = pytest.mark.disable_socket


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        ("budi.s@example.org", "b••••@example.org"),
        ("0812 3456 7890", "••••••90"),
        ("@busri@mastodon.social", "••••••al"),
        ("@busri:example.org", "••••••rg"),
        ("1234", "••••••"),
        ("", "••••••"),
    ],
)
def test_a_contact_is_masked(contact: str, shown: str) -> None:
    assert masked(contact) == shown


@pytest.mark.parametrize(
    "number", ["0812 3456 7890", "+62 812-3456-7890", "6281234567890", "0062 812 34567890"]
)
def test_one_number_is_one_however_it_is_written(number: str) -> None:
    assert plain_number(number) == "81234567890"


def test_other_numbers_are_others() -> None:
    assert plain_number("0812 3456 7891") != plain_number("0812 3456 7890")
    assert plain_number("tidak ada") == ""


@pytest.mark.parametrize(
    "words", ["data saya", "Data saya.", "  DATA \n SAYA ", "my data", "“Data saya”", "dataku!"]
)
def test_two_words_alone_ask(words: str) -> None:
    assert asks_for_data(words)


@pytest.mark.parametrize(
    "words", ["", "data", "data saya dicuri di jalan berlubang", "ini data saya", "stop", "my data plan"]
)
def test_anything_more_is_said_to_an_official(words: str) -> None:
    assert not asks_for_data(words)
