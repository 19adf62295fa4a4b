"""Reading mappings: strict, with the culprit named."""

from pathlib import Path

import pytest

from fieldops.errors import InvalidInput
from fieldops.imports.mapping import load_mapping
from tests.imports.conftest import EXAMPLES, SIMPLE


def refused(folder: Path, words: str) -> str:
    path = folder / "m.toml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        load_mapping(path)
    return str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'words = "{text}"',
            'wrds = "{text}"',
            "The mapping m.toml, key wrds is unknown; did you mean words?",
        ),
        ("accuracy_m = 10", "acuracy = 10", "key place.acuracy is unknown; did you mean accuracy_m?"),
        ('reported_at = "at"', "", "key columns.reported_at is missing."),
        ("[time]\n", "[time]\nday_frist = true\n", "key time.day_frist is unknown; did you mean day_first?"),
        ('source = "test"', 'source = "My City!"', "key source: "),
        (
            "America/New_York",
            "America/Springfield",
            "key time.zone: there is no time zone called America/Spr",
        ),
        (
            "[time]\n",
            '[time]\nday_first = true\nformats = ["%Y"]\n',
            "key time: give either formats or day_first",
        ),
        ('x = "lon"\n', "", "key columns: x and y belong together"),
        ('open = "submitted"', 'open = "in_progress"', "key status.values.open: Input should be 'submitted'"),
        ('"{text}"', '"{text"', "key words: the template cannot be read"),
        ("accuracy_m = 10", "accuracy_m = -1", "key place.accuracy_m: Input should be greater than 0."),
        (
            "[place]",
            '[file]\nencoding = "klingon"\n[place]',
            "key file.encoding: there is no encoding called kl",
        ),
        (
            "[place]",
            '[file]\ndelimiter = ",,"\n[place]',
            "key file.delimiter: String should have at most 1 char",
        ),
        (
            "[place]",
            '[[status.outcomes]]\ncontain = "x"\n[place]',
            "key status.outcomes.0.contain is unknown; did you mean contains?",
        ),
        ("[place]", "[place", "The mapping m.toml is not TOML: "),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in SIMPLE
    assert sentence in refused(tmp_path, SIMPLE.replace(old, new, 1))


def test_a_mapping_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_bytes('source = "Zürich"'.encode("cp1252"))
    with pytest.raises(InvalidInput, match=r"The mapping m\.toml is not UTF-8\."):
        load_mapping(path)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_example_can_be_read(path: Path) -> None:
    mapping, digest = load_mapping(path)
    assert mapping.needed
    assert len(digest) == 64


def test_a_template_takes_columns_with_any_name() -> None:
    mapping, _digest = load_mapping(EXAMPLES / "nyc.toml")
    assert mapping.template == [("", "Complaint Type"), (": ", "Descriptor")]
    odd = mapping.model_copy(update={"words": "{a:b!c} and {d.e[0]}"})
    assert [column for _text, column in odd.template] == ["a:b!c", "d.e[0]"]
