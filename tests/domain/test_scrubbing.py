"""What is taken out of free words, and what stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.domain.scrubbing import EMAIL_MARK, NUMBER_MARK, scrub


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("hub 0812 3456 7890 ya", f"hub {NUMBER_MARK} ya"),
        ("WA +62 812-3456-7890", f"WA {NUMBER_MARK}"),
        ("62 812 345 6789", NUMBER_MARK),
        ("(0271) 123456 kantor", f"{NUMBER_MARK} kantor"),
        ("0271-712345", NUMBER_MARK),
        ("telp.08123456789,", f"telp.{NUMBER_MARK},"),
        ("08.12.3456.7890", NUMBER_MARK),
        ("NIK 3372011234567890.", f"NIK {NUMBER_MARK}."),
        ("NIK 3372 0112 3456 7890", f"NIK {NUMBER_MARK}"),
        ("NIK 3372-01-1234567890", f"NIK {NUMBER_MARK}"),
        ("call 212-555-1234 now", f"call {NUMBER_MARK} now"),
        ("(617) 635-4500", NUMBER_MARK),
        ("SSN - 987-65-4320", f"SSN - {NUMBER_MARK}"),
        ("Amex - 378734493671000", f"Amex - {NUMBER_MARK}"),
        ("Amex 3787 344936 71000", f"Amex {NUMBER_MARK}"),
        ("tulis ke joeblows@aol.com atau", f"tulis ke {EMAIL_MARK} atau"),
        ("a.b+c@sub.example.co.id", EMAIL_MARK),
    ],
)
def test_numbers_and_addresses_of_people_go(words: str, left: str) -> None:
    assert scrub(words) == left


@pytest.mark.parametrize(
    "words",
    [
        "lubang 60 x 80 x 7 cm di depan no. 275",
        "353-361 Athens St, 02127",
        "Closed date : 2022-01-03 00:03:27.62 Case Resolved",
        "Sun Jan 02 14:49:17 EST 2022",
        "sejak 21/01/2022 13:47 dan 08/12/2022 13:47",
        "sejak 12.10.22",
        "Same as #320054",
        "Rp1.250.000",
        "Jl. Slamet Riyadi 275, 57141",
        "genangan 40 cm 3 jam @ pasar",
        "",
    ],
)
def test_sizes_dates_and_house_numbers_stay(words: str) -> None:
    assert scrub(words) == words


@given(st.text(alphabet="0123456789 +-.()/@abc#", max_size=60))
def test_scrubbing_twice_changes_nothing(words: str) -> None:
    once = scrub(words)
    assert scrub(once) == once


@given(st.text(max_size=30), st.integers(10**15, 10**16 - 1), st.text(max_size=30))
def test_no_identity_number_gets_through(before: str, number: int, after: str) -> None:
    assert str(number) not in scrub(f"{before} {number} {after}")
