"""The guide names every key of a mapping and every reason of a refusal."""

import re
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

from fieldops.config import ROOT
from fieldops.imports.mapping import Mapping

GUIDE = (ROOT / "docs" / "import.md").read_text("utf-8")
SOURCES = sorted((ROOT / "fieldops" / "imports").glob("*.py"))


def keys(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from keys(field.annotation)


@pytest.mark.parametrize("key", sorted(set(keys(Mapping)) - {"columns", "time", "file", "status", "place"}))
def test_every_key_is_in_the_guide(key: str) -> None:
    assert f"`{key}`" in GUIDE or f"`[{key}]`" in GUIDE


def test_every_reason_is_in_the_guide() -> None:
    words = "\n".join(path.read_text("utf-8") for path in SOURCES)
    codes = set(re.findall(r'Refused\(\s*"(\w+)"', words))
    codes |= set(re.findall(r'_wrong\(\w+, "(\w+)"', words)) | set(
        re.findall(r'_wrong\("?\w+"?, "(\w+)"', words)
    )
    codes |= {"wrong_field_count", "unreadable_line", "not_a_point", "unknown_status", "unknown_service"}
    assert len(codes) > 15
    assert {code for code in codes if f"`{code}`" not in GUIDE} == set()
