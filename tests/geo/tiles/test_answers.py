import gzip

import pytest

from geo.tiles.answers import accepts_gzip, has_already, packed


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("", False),
        ('W/"1-a-7"', True),
        ('"1-a-7"', True),
        ('"x", W/"1-a-7"', True),
        ("*", True),
        ('W/"1-a-8"', False),
    ],
)
def test_a_reader_has_what_it_names(header, expected):
    assert has_already('W/"1-a-7"', header) is expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, False),
        ("gzip", True),
        ("br, GZIP;q=0.5", True),
        ("gzip;q=0", False),
        ("*", True),
        ("*;q=0", False),
        ("identity", False),
        ("gzip;q=much", False),
        ("*, gzip;q=0", False),
    ],
)
def test_gzip_is_sent_to_those_who_accept_it(header, expected):
    assert accepts_gzip(header) is expected


def test_small_bodies_stay_as_they_are_and_large_ones_shrink():
    small, large = b"a" * 1400, bytes(range(250)) * 20
    assert packed(small, "gzip") == (small, None)
    assert packed(large, None) == (large, None)
    body, encoding = packed(large, "gzip")
    assert encoding == "gzip"
    assert len(body) < len(large)
    assert gzip.decompress(body) == large
    assert packed(large, "gzip")[0] == body
