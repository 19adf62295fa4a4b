"""Strict reading of JSON objects: every refusal names the path of the key, and no value is bent to fit.

An int is a JSON integer: true, 1.5, NaN and "3" are refused.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable
from typing import Any

from geo.dispatch.problem import ANY_TIME, Window
from geo.errors import BadProblem

LARGEST_TIME = 1 << 40
LARGEST_COUNT = 1 << 40


class Fields:
    """One JSON object and the path that leads to it.

    Every key that a reader asks for is noted; ``finish`` then refuses the keys nobody asked for. Keys that
    start with ``_`` are comments.
    """

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            raise BadProblem(path or "problem", f"must be an object, not {kind_of(value)}")
        self.values: dict[str, Any] = value
        self.path = path
        self.known: set[str] = set()

    def at(self, key: str) -> str:
        """The path of a key of this object."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        self.known.add(key)
        return key in self.values

    def get(self, key: str) -> Any:
        """The raw value, None when absent."""
        self.known.add(key)
        return self.values.get(key)

    def integer(
        self, key: str, default: int | None = None, *, low: int = 0, high: int = LARGEST_COUNT
    ) -> int:
        """An integer within bounds; required when there is no default."""
        if not self.has(key):
            if default is None:
                raise BadProblem(self.at(key), "is required")
            return default
        return as_integer(self.values[key], self.at(key), low=low, high=high)

    def optional_integer(self, key: str, *, low: int = 0, high: int = LARGEST_COUNT) -> int | None:
        """An integer within bounds, or None when absent."""
        return self.integer(key, low=low, high=high) if self.has(key) else None

    def time(self, key: str) -> int | None:
        """A time in seconds, or None when absent."""
        return self.optional_integer(key, high=LARGEST_TIME)

    def number(self, key: str, default: float, *, low: float = 0.0, high: float = math.inf) -> float:
        """A finite number within bounds."""
        if not self.has(key):
            return default
        return as_number(self.values[key], self.at(key), low, high)

    def flag(self, key: str) -> bool:
        """A bool, false when absent."""
        value = self.get(key) if self.has(key) else False
        if not isinstance(value, bool):
            raise BadProblem(self.at(key), f"must be true or false, not {kind_of(value)}")
        return value

    def text(self, key: str, default: str = "") -> str:
        """A string."""
        value = self.get(key) if self.has(key) else default
        if not isinstance(value, str):
            raise BadProblem(self.at(key), f"must be text, not {kind_of(value)}")
        return value

    def array(self, key: str) -> list[Any]:
        """An array, empty when absent."""
        value = self.get(key) if self.has(key) else []
        return as_array(value, self.at(key))

    def integers(self, key: str) -> tuple[int, ...]:
        """An array of integers ≥ 0, empty when absent."""
        return tuple(
            as_integer(value, f"{self.at(key)}[{place}]") for place, value in enumerate(self.array(key))
        )

    def refuse(self, key: str, why: str, *, harmless: tuple[Any, ...] = ()) -> None:
        """Refuse a key that is valid elsewhere but not modelled here, unless its value asks for nothing."""
        if self.has(key) and not any(_same(self.values[key], value) for value in harmless):
            raise BadProblem(self.at(key), f"is not supported: {why}")

    def finish(self, ignored: Iterable[str] = ()) -> None:
        """Refuse unknown keys."""
        self.known.update(ignored)
        for key in self.values:
            if key in self.known or key.startswith("_"):
                continue
            near = difflib.get_close_matches(key, sorted(self.known), n=1, cutoff=0.6)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise BadProblem(self.at(key), f"unknown key{hint}")


def read_location(fields: Fields, key: str) -> tuple[float, float] | None:
    """[longitude, latitude] in degrees, EPSG:4326; None when absent."""
    if not fields.has(key):
        return None
    path = fields.at(key)
    pair = as_array(fields.get(key), path)
    if len(pair) != 2:
        raise BadProblem(path, "must be [longitude, latitude]")
    return as_number(pair[0], f"{path}[0]", -180.0, 180.0), as_number(pair[1], f"{path}[1]", -90.0, 90.0)


def as_number(value: Any, path: str, low: float, high: float) -> float:
    """Return a finite number within bounds or refuse it by path."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise BadProblem(path, f"must be a finite number, not {kind_of(value)}")
    if not low <= value <= high:
        raise BadProblem(path, f"{value} is not between {low:g} and {high:g}")
    return float(value)


def read_windows(fields: Fields, key: str) -> tuple[Window, ...]:
    """Sorted, disjoint windows; any time when absent."""
    if not fields.has(key):
        return ANY_TIME
    path = fields.at(key)
    windows = [read_window(value, f"{path}[{n}]") for n, value in enumerate(fields.array(key))]
    if not windows:
        raise BadProblem(path, "is empty: leave it out when any time will do")
    for n in range(1, len(windows)):
        if windows[n][0] <= windows[n - 1][1]:
            raise BadProblem(f"{path}[{n}]", "windows must be sorted and must not overlap or touch")
    return tuple(windows)


def read_window(value: Any, path: str) -> Window:
    """One [start, end] in seconds."""
    pair = as_array(value, path)
    if len(pair) != 2:
        raise BadProblem(path, "must be [start, end] in seconds")
    start, end = (as_integer(time, f"{path}[{n}]", high=LARGEST_TIME) for n, time in enumerate(pair))
    if start > end:
        raise BadProblem(path, f"start {start} after end {end}")
    return start, end


def as_integer(value: Any, path: str, *, low: int = 0, high: int = LARGEST_COUNT) -> int:
    """Return a JSON integer within bounds or refuse it by path."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadProblem(path, f"must be an integer, not {kind_of(value)}")
    if not low <= value <= high:
        raise BadProblem(path, f"{value} is not between {low} and {high}")
    return value


def as_array(value: Any, path: str) -> list[Any]:
    """Return a JSON array or refuse it by path."""
    if not isinstance(value, list):
        raise BadProblem(path, f"must be an array, not {kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    """Name a value the way its writer sees it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return f'"{value[:40]}"'
    return "an array" if isinstance(value, list) else "an object"


def _same(value: Any, other: Any) -> bool:
    return type(value) is type(other) and bool(value == other)
