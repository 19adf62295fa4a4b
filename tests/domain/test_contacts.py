import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.domain.places import Channel
from fieldops.errors import InvalidInput
from fieldops.operations.follow_request import channel_of


@pytest.mark.parametrize("contact", ["warga@example.org", " a.b+c@mail.solo.go.id ", "é@contoh.id"])
def test_an_address_is_reached_by_email(contact: str) -> None:
    assert channel_of(contact) is Channel.EMAIL


@pytest.mark.parametrize(
    "contact", ["081234567890", "0812 3456 7890", "+62 812-3456-7890", "(0271) 123456", "0271.123456"]
)
def test_a_number_is_reached_by_phone(contact: str) -> None:
    assert channel_of(contact) is Channel.PHONE


@pytest.mark.parametrize(
    "contact",
    [
        "",
        "warga",
        "@",
        "a@b",
        "a b@c.id",
        "08123",
        "0812" * 10,
        "x" * 150 + "@a.id",
        "+62 812 3456 789O",
        "a@b.id\nBcc: c@d.id",
    ],
)
def test_anything_else_is_refused_without_repeating_it(contact: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        channel_of(contact)
    assert caught.value.field == "contact"
    assert not contact or contact not in str(caught.value)


@given(st.text(max_size=60))
def test_no_words_break_it(words: str) -> None:
    try:
        channel = channel_of(words)
    except InvalidInput:
        return
    assert channel in (Channel.EMAIL, Channel.PHONE)
