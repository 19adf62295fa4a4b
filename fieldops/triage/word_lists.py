"""The lists of everyday words in `word_lists.toml`."""

import tomllib
from functools import cache
from pathlib import Path


@cache
def _lists() -> dict[str, str]:
    file = Path(__file__).parent / "word_lists.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def word_list(name: str) -> frozenset[str]:
    """Return a list's words."""
    return frozenset(_lists()[name].split())
