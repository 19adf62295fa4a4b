"""Reading times: by the mapping's patterns or as ISO 8601, in its zone, as UTC."""

import re
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from fieldops.errors import InvalidInput
from fieldops.imports.chunks import Chunk, text_of
from fieldops.imports.mapping import Mapping, TimeForm

ISO: Final = r"\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?"
OFFSET: Final = r":\d{2}.*(?:Z|[+-]\d{2}:?\d{2})$"
EARLIEST: Final = pd.Timestamp("1970-01-01", tz="UTC")
BOUNDS: Final[tuple[Any, Any]] = (pd.Timestamp("1800-01-01"), pd.Timestamp("2900-01-01"))
"""Times beyond count as these: time zones end with year 9999, and both are refused all the same."""


def read_times(column: "pd.Series[Any]", form: TimeForm) -> tuple["pd.Series[Any]", NDArray[np.bool_]]:
    """Read a column of times.

    A local time that a clock change repeats counts as its first occurrence; one that it skips moves on to
    the change's end. A date without a time is its midnight.

    Parameters
    ----------
    column
        As the file gives it: text, dates or times.

    Returns
    -------
    The times in UTC (NaT where there is none), and which rows hold something that is not a time.
    """
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        times = _clipped(column.dt.tz_convert("UTC").reset_index(drop=True))
        return times, np.zeros(len(column), dtype=bool)
    if pd.api.types.is_datetime64_dtype(column.dtype):
        times = column.reset_index(drop=True)
        return _in_utc(times, form.zone), np.zeros(len(column), dtype=bool)
    words = pd.Series([text_of(value) for value in column], dtype=object)
    times = _by_patterns(words, form.patterns, form.zone) if form.patterns else _iso(words, form.zone)
    return times, ((words != "") & times.isna()).to_numpy(dtype=bool)


def _empty(count: int) -> "pd.Series[Any]":
    return pd.Series(pd.NaT, index=range(count), dtype="datetime64[us, UTC]")


def _clipped(times: "pd.Series[Any]") -> "pd.Series[Any]":
    in_utc: pd.Series[Any] = times.astype("datetime64[us, UTC]").clip(
        *(bound.tz_localize("UTC") for bound in BOUNDS)
    )
    return in_utc


def _in_utc(times: "pd.Series[Any]", zone: str) -> "pd.Series[Any]":
    first = np.ones(len(times), dtype=bool)
    local = (
        times.astype("datetime64[us]")
        .clip(*BOUNDS)
        .dt.tz_localize(zone, ambiguous=first, nonexistent="shift_forward")
    )
    in_utc: pd.Series[Any] = local.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return in_utc


def _by_patterns(words: "pd.Series[Any]", patterns: list[str], zone: str) -> "pd.Series[Any]":
    found = _empty(len(words))
    left = words[words != ""]
    for pattern in patterns:
        if left.empty:
            break
        aware = "%z" in pattern
        times = pd.to_datetime(left, format=pattern, errors="coerce", utc=aware).dropna()
        if times.empty:
            continue
        found[times.index] = _clipped(times) if aware else _in_utc(times, zone)
        left = left.drop(times.index)
    return found


def _iso(words: "pd.Series[Any]", zone: str) -> "pd.Series[Any]":
    found = _empty(len(words))
    sound = words[words.str.fullmatch(ISO).astype(bool)]
    aware = sound.str.contains(OFFSET, regex=True).astype(bool)
    for chosen, has_offset in ((sound[aware], True), (sound[~aware], False)):
        if chosen.empty:
            continue
        times = pd.to_datetime(
            chosen.str.replace(",", "."), format="ISO8601", errors="coerce", utc=has_offset
        ).dropna()
        if len(times):
            found[times.index] = _clipped(times) if has_offset else _in_utc(times, zone)
    return found


class OrderWatch:
    """Looks for dates that only make sense with day and month exchanged.

    Such a file's other dates would all be read wrongly and pass, so it is refused whole.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.form = mapping.time
        self.column = mapping.columns.reported_at
        self.exchanged = [_exchanged(pattern) for pattern in mapping.time.patterns]
        self.count = 0
        self.first = 0

    def look(self, chunk: Chunk) -> None:
        """Take note of a chunk's dates."""
        if not self.exchanged or not len(chunk.frame):
            return
        _times, wrong = read_times(chunk.frame[self.column], self.form)
        if not wrong.any():
            return
        rows = np.flatnonzero(wrong)
        words = pd.Series([text_of(chunk.frame[self.column].iloc[row]) for row in rows], dtype=object)
        other = _by_patterns(words, self.exchanged, self.form.zone).notna().to_numpy()
        if other.any():
            self.first = self.first or chunk.lines[int(rows[other][0])]
            self.count += int(other.sum())

    def judge(self) -> None:
        """Refuse the file when such dates were seen."""
        if self.count:
            raise InvalidInput(
                "In column “%(column)s” %(count)s dates are valid only with day and month exchanged, the "
                "first at %(line)s; the others would be read wrongly. Correct time.formats or "
                "time.day_first.",
                column=self.column,
                count=self.count,
                line=self.first,
            )


def _exchanged(pattern: str) -> str:
    return re.sub("%[dm]", lambda found: "%m" if found.group() == "%d" else "%d", pattern)
