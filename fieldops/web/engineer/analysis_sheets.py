"""What the page of an analysis shows: findings in words, charts, tables, and what it does not show."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fieldops import i18n
from fieldops.i18n import _
from fieldops.web.engineer.interval_chart import IntervalChart

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Link:
    """Words that lead somewhere."""

    words: str
    url: str


Cell = str | int | float | None | Link | list[Link]


@dataclass(frozen=True)
class Column:
    """One column: its head, and with how many decimals its figures are written (None: words)."""

    head: str
    decimals: int | None = None


@dataclass(frozen=True)
class Table:
    """Rows of figures as they are; the page and the files write them in the reader's language.

    With `has_links_below` the last column holds lists of links, which the page shows under the first one.
    """

    title: str
    columns: tuple[Column, ...]
    rows: list[tuple[Cell, ...]]
    note: str = ""
    blank: str = "–"
    has_links_below: bool = False

    @property
    def heads(self) -> list[str | tuple[str, str]]:
        """The heads as the page's table asks for them."""
        shown = self.columns[:-1] if self.has_links_below else self.columns
        return [one.head if one.decimals is None else (one.head, "num") for one in shown]


@dataclass(frozen=True)
class Sheet:
    """One analysis, ready for a page, a CSV and a PDF."""

    findings: list[str]
    tables: list[Table]
    charts: list[IntervalChart] = field(default_factory=list)
    cautions: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    facts: list[tuple[str, str]] = field(default_factory=list)
    can_split_weather: bool = False
    facts_name_kinds: bool = False


Draw = Callable[[Figures], Sheet]


def cell_words(value: Cell, column: Column, blank: str = "–") -> str:
    """Return a table's cell in the reader's words."""
    if value is None:
        return blank
    if isinstance(value, Link):
        return value.words
    if isinstance(value, list):
        return ", ".join(one.words for one in value)
    if isinstance(value, str):
        return value
    return i18n.number(value, column.decimals or 0)


def interval_words(value: float, low: float, high: float, decimals: int = 2) -> str:
    """Return a figure with its interval: 0.66 (0.52 to 0.77)."""
    return str(
        _(
            "%(value)s (%(low)s to %(high)s)",
            value=i18n.number(value, decimals),
            low=i18n.number(low, decimals),
            high=i18n.number(high, decimals),
        )
    )


def p_words(p: float) -> str:
    """Return a p-value: p = 0.034, p < 0.001."""
    return f"p < {i18n.number(0.001, 3)}" if p < 0.001 else f"p = {i18n.number(p, 3)}"
