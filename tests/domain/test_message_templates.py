"""Templates: their blanks, filling these as vendors take them, and what the person reads."""

import pytest

from fieldops.domain.message_templates import (
    FilledPart,
    TemplateText,
    TemplateWording,
    blanks_of,
    fill,
    pieces,
    shown,
    speaks,
)
from fieldops.errors import InvalidInput


def wording(*texts: TemplateText) -> TemplateWording:
    return TemplateWording("kabar", "id", "utility", "approved", texts=texts)


BODY = TemplateText("body", "Aduan {{2}} oleh {{1}}, lagi {{2}}.", examples=("Sri", "JL-1"))
NAMED = TemplateText("body", "Halo {{nama}}, di {{ tempat }}.")
LINK = TemplateText("link", "https://lapor.example/{{1}}", 1, "Lacak")


def test_blanks_in_reading_order_each_once() -> None:
    found = blanks_of((TemplateText("header", "No {{1}}"), BODY, LINK))
    assert [one.key for one in found] == ["header.1", "body.2", "body.1", "link1.1"]


def test_counted_blanks_go_in_the_order_of_their_numbers() -> None:
    filled = fill(wording(BODY), {"body.1": "Sri", "body.2": "JL-7"})
    assert filled.parts == (FilledPart("body", 0, ("Sri", "JL-7")),)


def test_named_blanks_keep_their_names() -> None:
    filled = fill(wording(NAMED), {"body.nama": "Sri", "body.tempat": "pasar"})
    assert filled.parts == (FilledPart("body", 0, ("Sri", "pasar"), ("nama", "tempat")),)


def test_a_text_without_blanks_has_no_values() -> None:
    assert fill(wording(TemplateText("body", "Terima kasih.")), {"body.1": "x"}).parts == ()


def test_lines_and_runs_of_spaces_become_one_space() -> None:
    filled = fill(wording(NAMED), {"body.nama": " Sri\n\tRahayu ", "body.tempat": "a     b\0"})
    assert filled.parts[0].values == ("Sri Rahayu", "a b")


@pytest.mark.parametrize("said", ["", "  \n", "x" * 301])
def test_an_empty_or_endless_blank_is_refused_by_its_name(said: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        fill(wording(NAMED), {"body.nama": "Sri", "body.tempat": said})
    assert refused.value.field == "blank-body.tempat"


def test_a_body_longer_than_vendors_take_is_refused() -> None:
    long = TemplateText("body", "x" * 800 + "{{1}}")
    assert fill(wording(long), {"body.1": "y" * 224}).parts[0].values == ("y" * 224,)
    with pytest.raises(InvalidInput):
        fill(wording(long), {"body.1": "y" * 225})


def test_what_the_person_reads() -> None:
    texts = (
        TemplateText("header", "Aduan {{1}}"),
        NAMED,
        TemplateText("footer", "Dinas PU"),
        TemplateText("button", "Terima kasih"),
        LINK,
    )
    said = shown(texts, {"header.1": "JL-1", "body.nama": "Sri", "link1.1": "abc"})
    assert said.split("\n\n") == [
        "Aduan JL-1",
        "Halo Sri, di ….",
        "Dinas PU",
        "[Terima kasih]",
        "[Lacak: https://lapor.example/abc]",
    ]


def test_a_text_is_cut_at_its_blanks() -> None:
    assert pieces(NAMED) == [("Halo ", "body.nama"), (", di ", "body.tempat"), (".", "")]
    assert pieces(TemplateText("body", "{{x}}")) == [("", "body.x"), ("", "")]


@pytest.mark.parametrize(
    ("template", "person", "is_theirs"),
    [
        ("id", "id", True),
        ("id", "jv", True),
        ("en_US", "en", True),
        ("en-GB", "en", True),
        ("en", "id", False),
        ("idx", "id", False),
    ],
)
def test_whose_language(template: str, person: str, is_theirs: bool) -> None:
    assert speaks(template, person) is is_theirs
