"""Templates of messages that a vendor approved: their texts, the blanks in them, and filling these."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from fieldops.errors import InvalidInput

APPROVED: Final = "approved"
REMOVED: Final = "removed"
"""Ours: the vendor's list named it once and does no longer."""

MOST_VALUE: Final = 300
"""Characters of one filled blank; a whole body may have 1,024."""
MOST_BODY: Final = 1024

_BLANK: Final = re.compile(r"\{\{\s*(\w{1,60})\s*\}\}", re.ASCII)
_SPACES: Final = re.compile(r"\s+")


@dataclass(frozen=True)
class TemplateText:
    """One text of a template.

    `part` is header, body, footer, button or link: of a link `words` is the address, whose end may be a
    blank, and `label` what the button says. `index` counts buttons from 0. `examples` are the values that
    whoever made the template gave, in the order of the blanks.
    """

    part: str
    words: str
    index: int = 0
    label: str = ""
    examples: tuple[str, ...] = ()


@dataclass(frozen=True)
class TemplateWording:
    """A template as its vendor lists it, in one language.

    `state` is approved, or the vendor's reason why it cannot be sent (paused, rejected, pending, …). `needs`
    names what it needs beside words (a picture in its header, a code): such a one cannot be sent from here.
    """

    name: str
    language: str
    category: str
    state: str
    external_id: str = ""
    reason: str = ""
    needs: str = ""
    texts: tuple[TemplateText, ...] = ()


@dataclass(frozen=True)
class Blank:
    """One place to fill. `key` is its own within the template, such as body.1 or link0.1."""

    key: str
    part: str
    name: str
    example: str = ""


@dataclass(frozen=True)
class FilledPart:
    """The values of one text, in order. `names` are empty where the template counts its blanks."""

    part: str
    index: int
    values: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class FilledTemplate:
    """What is handed to the vendor: which template, and what stands in its blanks."""

    name: str
    language: str
    parts: tuple[FilledPart, ...] = ()


def blanks_of(texts: Iterable[TemplateText]) -> list[Blank]:
    """Return the places to fill, in the order in which they are read; one that comes twice is one."""
    found: dict[str, Blank] = {}
    for text in texts:
        names = dict.fromkeys(_BLANK.findall(text.words))
        for name, example in zip(names, (*text.examples, *[""] * len(names)), strict=False):
            key = blank_key(text, name)
            found.setdefault(key, Blank(key, text.part, name, example))
    return list(found.values())


def blank_key(text: TemplateText, name: str) -> str:
    """Return the key of a text's blank."""
    return f"{text.part}{text.index if text.part == 'link' else ''}.{name}"


def fill(wording: TemplateWording, values: Mapping[str, str]) -> FilledTemplate:
    """Return a template with its blanks filled, as vendors take it: one line each, without runs of spaces.

    Raises
    ------
    InvalidInput
        A blank is empty or too long; `field` is `blank-` and its key.
    """
    parts = []
    clean = _clean(wording, values)
    for text in wording.texts:
        names = tuple(dict.fromkeys(_BLANK.findall(text.words)))
        if names:
            said = tuple(clean[blank_key(text, name)] for name in names)
            counted = all(name.isdecimal() for name in names)
            ordered = sorted(zip(names, said, strict=True), key=lambda one: int(one[0])) if counted else ()
            parts.append(
                FilledPart(text.part, text.index, tuple(value for _name, value in ordered))
                if counted
                else FilledPart(text.part, text.index, said, names)
            )
    if len(body_words(wording.texts, clean)) > MOST_BODY:
        raise InvalidInput("This may have at most %(most)s characters.", field="template", most=MOST_BODY)
    return FilledTemplate(wording.name, wording.language, tuple(parts))


def _clean(wording: TemplateWording, values: Mapping[str, str]) -> dict[str, str]:
    clean = {}
    for blank in blanks_of(wording.texts):
        value = _SPACES.sub(" ", values.get(blank.key, "").replace("\0", "")).strip()
        if not value:
            raise InvalidInput("Fill this blank of the template.", field=f"blank-{blank.key}")
        if len(value) > MOST_VALUE:
            raise InvalidInput(
                "This may have at most %(most)s characters.", field=f"blank-{blank.key}", most=MOST_VALUE
            )
        clean[blank.key] = value
    return clean


def body_words(texts: Iterable[TemplateText], values: Mapping[str, str]) -> str:
    """Return the body as it will be read."""
    return "".join(_said(text, values) for text in texts if text.part == "body")


def shown(texts: Iterable[TemplateText], values: Mapping[str, str]) -> str:
    """Return a template as the person will read it, a paragraph each part, buttons in brackets."""
    lines = []
    for text in texts:
        said = _said(text, values)
        if text.part == "button":
            said = f"[{said}]"
        elif text.part == "link":
            said = f"[{text.label}: {said}]"
        lines.append(said)
    return "\n\n".join(line for line in lines if line)


def pieces(text: TemplateText) -> list[tuple[str, str]]:
    """Return a text cut at its blanks: (words, key of the blank that follows, empty at the end)."""
    cut: list[tuple[str, str]] = []
    at = 0
    for match in _BLANK.finditer(text.words):
        cut.append((text.words[at : match.start()], blank_key(text, match.group(1))))
        at = match.end()
    return [*cut, (text.words[at:], "")]


def _said(text: TemplateText, values: Mapping[str, str]) -> str:
    return "".join(words + (values.get(key, "…") if key else "") for words, key in pieces(text))


def speaks(template_language: str, language: str) -> bool:
    """Return whether a template is in a person's language; vendors know no Javanese, so it is Indonesian."""
    wanted = "en" if language == "en" else "id"
    return template_language.replace("-", "_").partition("_")[0].lower() == wanted
