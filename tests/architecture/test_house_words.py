"""Catalogues are complete, and the glossary explains every noun of the code."""

import ast
import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from fieldops.extensions import db
from fieldops.i18n import LANGUAGES

ROOT = Path(__file__).parents[2]
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%%")


def _catalog(language: str) -> Catalog:
    path = ROOT / "fieldops" / "locale" / language / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        pytest.skip(f"the {language} catalogue is not there yet")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def _forms(message: Message) -> list[tuple[str, str]]:
    """Return (id, translation) of each form; plural ids are compared with the plural."""
    if isinstance(message.id, tuple):
        plural = message.id[-1]
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        return [(plural, string or "") for string in strings]
    return [(message.id, str(message.string or ""))]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_is_complete(language: str) -> None:
    catalog = _catalog(language)
    messages = [message for message in catalog if message.id]
    assert len(messages) > 100
    empty = [message.id for message in messages for _id, string in _forms(message) if not string.strip()]
    assert not empty, f"without a translation: {empty[:10]}"
    fuzzy = [message.id for message in messages if message.fuzzy]
    assert not fuzzy, f"guessed, not translated: {fuzzy[:10]}"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_their_placeholders(language: str) -> None:
    wrong = []
    for message in _catalog(language):
        for original, string in _forms(message) if message.id else []:
            wanted, found = set(PLACEHOLDER.findall(original)), set(PLACEHOLDER.findall(string))
            singular = isinstance(message.id, tuple) and found >= wanted - {"num", "n", "count"}
            if found != wanted and not (singular and found <= wanted):
                wrong.append((message.id, string))
    assert not wrong, wrong[:5]


def test_indonesian_is_not_english_left_standing() -> None:
    """A few words are the same in both; sentences are not."""
    placeholder = re.compile(r"%\(\w+\)s")
    sentences = [
        message for message in _catalog("id") if len(placeholder.sub("", str(message.id)).split()) > 4
    ]
    same = [message.id for message in sentences if message.string == message.id]
    assert not same, same[:10]


# ---------------------------------------------------------------- glossary


def _explained() -> set[str]:
    rows = re.findall(r"^\| (`[^|]+) \|", GLOSSARY, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def test_every_table_has_its_word() -> None:
    classes = {mapper.class_.__name__ for mapper in db.Model.registry.mappers}
    assert classes - _explained() == set()


def test_every_word_of_the_glossary_is_in_the_code() -> None:
    defined = {mapper.class_.__name__ for mapper in db.Model.registry.mappers}
    for path in (ROOT / "fieldops").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                defined.add(node.name)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                defined.add(node.target.id)
    assert _explained() - defined == set()


def test_the_words_that_the_code_never_says() -> None:
    for path in (ROOT / "fieldops").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                words = set(re.findall(r"[a-z]+", re.sub(r"(?<!^)(?=[A-Z])", "_", node.name).lower()))
                assert not words & {"ticket", "issue"}, f"{path}: {node.name}"


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_says_what_why_and_what_follows(path: Path) -> None:
    words = path.read_text(encoding="utf-8")
    number = path.stem.split("-")[0]
    assert number.isdigit()
    assert words.startswith(f"# {int(number)}. ")
    for part in ("## Decision", "## Why", "## What follows"):
        assert part in words
