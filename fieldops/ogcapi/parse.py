"""What an address asks for, read strictly: what the service does not know is said, never passed over."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.datastructures import MultiDict

from fieldops.errors import InvalidInput
from fieldops.ogcapi.crs import CRS84, Reference, references_of
from fieldops.ogcapi.numbers import HiddenNumbers
from fieldops.ogcapi.times import interval_of
from fieldops.queries.features.layer import Column, Kind, Layer, Scene
from fieldops.queries.features.reading import Wanted

Arguments = MultiDict[str, str]

DEFAULT_LIMIT: Final = 100
MOST_FEATURES: Final = 10_000
ITEMS: Final = ("f", "bbox", "bbox-crs", "datetime", "limit", "crs", "cursor")
NOT_THE_QUESTION: Final = ("f", "limit", "crs", "cursor")
"""Parts of an address that do not change which features match."""

FLOAT: Final = re.compile(r"[+-]?(\d{1,12}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,2})?", re.ASCII)
WHOLE: Final = re.compile(r"-?\d{1,9}", re.ASCII)
MOST_SHOWN: Final = 80


@dataclass(frozen=True)
class Asked:
    """A page of features: which, from where on, how many at most, and in which coordinates.

    `total` is how many match, where the page before has counted already. `question` is all that decides
    which features match.
    """

    wanted: Wanted
    reference: Reference
    limit: int
    after: int
    total: int | None
    question: str


def known_only(arguments: Arguments, known: Collection[str]) -> None:
    """Refuse what is not known, comes twice, or holds a sign that is no text.

    Raises
    ------
    InvalidInput
        It names the parameter.
    """
    for name, values in arguments.lists():
        if name not in known:
            raise InvalidInput(
                "%(name)s: there is no such parameter here. There are: %(known)s.",
                field=name, name=name[:MOST_SHOWN], known=", ".join(known),
            )  # fmt: skip
        if len(values) > 1:
            raise InvalidInput("%(name)s is there more than once.", field=name, name=name)
        if "\0" in values[0]:
            raise InvalidInput("%(name)s holds a sign that is no text.", field=name, name=name)


def format_of(arguments: Arguments, known: tuple[str, ...] = ("json",)) -> str:
    """Return the format asked for by `f`, empty for none.

    Raises
    ------
    InvalidInput
        There is none of this name.
    """
    found = arguments.get("f", "")
    if found and found not in known:
        raise InvalidInput(
            "f: there is no format “%(found)s”. There is: %(known)s.",
            field="f", found=found[:MOST_SHOWN], known=", ".join(known),
        )  # fmt: skip
    return found


def reference_of(arguments: Arguments, scene: Scene, name: str = "crs") -> Reference:
    """Return the coordinate system that a parameter names, CRS84 without it.

    Raises
    ------
    InvalidInput
        Features do not come in it.
    """
    known = references_of(scene.city)
    asked = arguments.get(name, CRS84).strip("<>[]")
    if asked not in known:
        raise InvalidInput(
            "%(name)s: there is no “%(found)s” here. There are: %(known)s.",
            field=name, name=name, found=asked[:MOST_SHOWN], known=", ".join(known),
        )  # fmt: skip
    return known[asked]


def items_asked(arguments: Arguments, layer: Layer, scene: Scene, marks: HiddenNumbers) -> Asked:
    """Return what an address of items asks for.

    Raises
    ------
    InvalidInput
        A parameter is unknown or cannot be read; the sentence names it.
    """
    filters = [column for column in layer.columns if column.asked]
    known_only(arguments, (*ITEMS, *(column.name for column in filters)))
    format_of(arguments)
    since, until = None, None
    if "datetime" in arguments:
        since, until = interval_of(arguments["datetime"], scene.zone)
    wanted = Wanted(
        _boxes(arguments, scene),
        since,
        until,
        {one.name: _value(one, arguments[one.name]) for one in filters if one.name in arguments},
    )
    question = repr(
        (layer.id, layer.right, *sorted((k, v) for k, v in arguments.items() if k not in NOT_THE_QUESTION))
    )
    after, total = _cursor(arguments, marks, question)
    return Asked(wanted, reference_of(arguments, scene), _limit(arguments), after, total, question)


def _limit(arguments: Arguments) -> int:
    words = arguments.get("limit", str(DEFAULT_LIMIT))
    if not re.fullmatch(r"\d{1,18}", words, re.ASCII) or int(words) < 1:
        raise InvalidInput(
            "limit: “%(found)s” is no number of features. Write one from 1 to %(most)s.",
            field="limit", found=words[:MOST_SHOWN], most=MOST_FEATURES,
        )  # fmt: skip
    return min(int(words), MOST_FEATURES)  # the standard: more than there may be is no error


def _boxes(arguments: Arguments, scene: Scene) -> Any:
    reference = reference_of(arguments, scene, "bbox-crs")
    if "bbox" not in arguments:
        return None
    words = arguments["bbox"]
    parts = [part.strip() for part in words.split(",")]
    if len(parts) not in (4, 6) or not all(FLOAT.fullmatch(part) for part in parts):
        raise InvalidInput(
            "bbox: “%(found)s” is no box. Write four numbers with commas, or six with heights.",
            field="bbox", found=words[:MOST_SHOWN],
        )  # fmt: skip
    numbers = [float(part) for part in parts]
    flat = (numbers[0], numbers[1], numbers[3], numbers[4]) if len(numbers) == 6 else tuple(numbers)
    return reference.boxes(flat)  # type: ignore[arg-type]  # four of them


def _value(column: Column, words: str) -> Any:
    if column.kind is Kind.WHOLE:
        if not WHOLE.fullmatch(words):
            raise InvalidInput(
                "%(name)s: “%(found)s” is no whole number.",
                field=column.name, name=column.name, found=words[:MOST_SHOWN],
            )  # fmt: skip
        return int(words)
    if column.choices and words not in column.choices:
        raise InvalidInput(
            "%(name)s: there is no “%(found)s” here. There are: %(known)s.",
            field=column.name, name=column.name, found=words[:MOST_SHOWN], known=", ".join(column.choices),
        )  # fmt: skip
    return words


def _cursor(arguments: Arguments, marks: HiddenNumbers, question: str) -> tuple[int, int | None]:
    if "cursor" not in arguments:
        return 0, None
    found = marks.place(arguments["cursor"], question)
    if found is None:
        raise InvalidInput(
            "cursor: “%(found)s” is no place in this answer. Follow the link “next” of the page before.",
            field="cursor",
            found=arguments["cursor"][:MOST_SHOWN],
        )
    return found
