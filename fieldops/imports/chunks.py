"""What every reader yields: a stretch of rows, each with its place in the file."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fieldops.errors import FieldOpsError, InvalidInput
from fieldops.imports.mapping import Mapping


@dataclass(frozen=True)
class Refusal:
    """A row that was not taken: where it is, what it calls itself, which column, and why.

    `code` is for counting; `value` is shown only where it cannot be personal.
    """

    line: int
    external_key: str
    code: str
    column: str
    error: FieldOpsError
    value: str = ""

    @property
    def sentence(self) -> str:
        """The reason, for a person."""
        return str(self.error)


@dataclass(frozen=True)
class Chunk:
    """Some consecutive rows.

    `rows` counts all of them, `lines` and `frame` hold those that could be read, `refused` the others.
    `frame` has the columns that the mapping names, as the file gives them; `x` and `y` are there when
    the file carries a geometry (NaN: none), in the file's coordinate system.
    """

    rows: int
    lines: list[int]
    frame: pd.DataFrame
    refused: list[Refusal] = field(default_factory=list)
    x: NDArray[np.float64] | None = None
    y: NDArray[np.float64] | None = None


class Reader(Protocol):
    """One file, opened as often as it is asked for its chunks.

    `unit` is what a row's number counts: a line of the text, a row, a feature.
    """

    unit: str
    crs: str | None

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield all rows in order.

        Raises
        ------
        InvalidInput
            The file as a whole cannot be read; the message names what is wrong.
        """
        ...


def require_columns(mapping: Mapping, present: Sequence[str], hint: str = "") -> None:
    """Refuse a file that lacks a column which the mapping names, or has it twice."""
    for column, key in mapping.needed.items():
        found = list(present).count(column)
        if found == 1:
            continue
        if found > 1:
            raise InvalidInput(
                "The file has %(count)s columns called “%(column)s”.", count=found, column=column
            )
        like = difflib.get_close_matches(column, present, n=1)
        raise InvalidInput(
            "The file has no column “%(column)s”, which the mapping names in %(key)s.%(hint)s",
            column=column,
            key=key,
            hint=f" Did you mean “{like[0]}”?" if like else hint or f" It has: {', '.join(present)}.",
        )


def text_of(value: Any) -> str:
    """Return a cell as text: trimmed, "" when there is nothing, whole numbers without a point.

    The sign NUL, which no database keeps, is dropped.
    """
    if isinstance(value, str):
        return value.replace("\0", "").strip()
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):  # noqa: PLR0124
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()
