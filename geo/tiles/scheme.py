"""What a pyramid counts, how a complaint's state is packed into one number, and which of them a filter
keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

MOST_SERVICES: Final = 30
MOST_STATUSES: Final = 8
SEVERITIES: Final = 4
"""0 stands for unknown; 1, 2 and 3 are the product's."""
SEVERITY_WORDS: Final = tuple(str(severity) for severity in range(SEVERITIES))
OTHER: Final = "other"
"""What every service is counted under that the scheme does not know."""

STATUS_SHIFT: Final = 5
STATUS_BITS: Final = 7
"""What remains of a state moved by `STATUS_SHIFT`: its status."""
SEVERITY_SHIFT: Final = 8
DAY_SHIFT: Final = 10
LAST_DAY: Final = (1 << 16) - 1

AGES: Final = ("0-7", "8-30", "31-90", "91-")
"""Age bands in days."""
AGE_LIMITS: Final = (7, 30, 90)

_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_number(day: date) -> int:
    """Return days since 1970-01-01, as states and tiles carry them."""
    return day.toordinal() - _EPOCH


class Columns(NamedTuple):
    """What a table of counts counts: services, statuses and severities, or statuses alone.

    Attributes
    ----------
    first_status
        Column of the first status; the services and `other` come before it, or nothing does.
    first_severity
        Column of severity 0, or the one after the last.
    total
        How many there are.
    """

    first_status: int
    first_severity: int
    total: int


@dataclass(frozen=True, slots=True)
class Scheme:
    """The services and status groups of a map, in the order of its legend.

    Parameters
    ----------
    services
        Codes of at most 30 services, each once; others are counted as `other`.
    statuses
        Names of at most 8 status groups, each once.

    Raises
    ------
    GeoError
        Too many, none, or one twice.
    """

    services: tuple[str, ...]
    statuses: tuple[str, ...] = ("open", "in_progress", "ended")

    def __post_init__(self) -> None:
        for words, most, what in (
            (self.services, MOST_SERVICES, "services"),
            (self.statuses, MOST_STATUSES, "statuses"),
        ):
            if not 1 <= len(words) <= most:
                raise GeoError(f"A map counts 1 to {most} {what}, not {len(words)}.")
            if len(set(words)) != len(words) or OTHER in words:
                raise GeoError(f"The {what} must differ from each other and from {OTHER!r}.")

    def columns(self, *, is_all: bool) -> Columns:
        """Return the columns of a table of counts: of all that is counted, or of statuses alone."""
        first = len(self.services) + 1 if is_all else 0
        after = first + len(self.statuses)
        return Columns(first, after, after + SEVERITIES if is_all else after)

    def state(self, service: str, status: str, severity: int, day: date) -> int:
        """Pack one complaint's state: what a change row stores.

        An unknown service becomes `other`, a severity that is none of 1, 2, 3 becomes 0 (unknown); a day
        before 1970 becomes its first, one after 2149 the last.

        Raises
        ------
        GeoError
            A status that the scheme does not know: which group a complaint is in must not be guessed.
        """
        if status not in self.statuses:
            raise GeoError(f"{status!r} is no status of this map; there are: {', '.join(self.statuses)}.")
        number = self.services.index(service) if service in self.services else len(self.services)
        packed = np.int64(number) | np.int64(self.statuses.index(status) << STATUS_SHIFT)
        weight = severity if severity in (1, 2, 3) else 0
        kept = min(max(day_number(day), 0), LAST_DAY)
        return int(packed) | (weight << SEVERITY_SHIFT) | (kept << DAY_SHIFT)

    def states(
        self, service: ArrayLike, status: ArrayLike, severity: ArrayLike, day: ArrayLike
    ) -> NDArray[np.int32]:
        """Pack states from numbers, shape (n,) each: places in the scheme, and days since 1970-01-01.

        Services outside the scheme become `other`, severities outside 1–3 become 0; days are clipped.

        Raises
        ------
        GeoError
            A status outside the scheme; the message names its row (from 0).
        """
        services = np.asarray(service, dtype=np.int64)
        is_known = (services >= 0) & (services < len(self.services))
        services = np.where(is_known, services, len(self.services))
        statuses = np.asarray(status, dtype=np.int64)
        bad = (statuses < 0) | (statuses >= len(self.statuses))
        if bad.any():
            row = int(np.argmax(bad))
            raise GeoError(f"Row {row}: {int(statuses[row])} is no status of this map.")
        severities = np.asarray(severity, dtype=np.int64)
        severities = np.where((severities >= 1) & (severities <= 3), severities, 0)
        days = np.clip(np.asarray(day, dtype=np.int64), 0, LAST_DAY)
        packed = services | (statuses << STATUS_SHIFT) | (severities << SEVERITY_SHIFT) | (days << DAY_SHIFT)
        return packed.astype(np.int32)

    def with_status(self, state: int, status: str) -> int:
        """Return the state with another status.

        Raises
        ------
        GeoError
            A status that the scheme does not know.
        """
        if status not in self.statuses:
            raise GeoError(f"{status!r} is no status of this map; there are: {', '.join(self.statuses)}.")
        return (state & ~(STATUS_BITS << STATUS_SHIFT)) | (self.statuses.index(status) << STATUS_SHIFT)

    def check(self, state: int) -> int:
        """Return a packed state as it is.

        Raises
        ------
        GeoError
            It was not packed for this scheme.
        """
        service, status = state & 31, (state >> STATUS_SHIFT) & STATUS_BITS
        if state < 0 or state >> (DAY_SHIFT + 16):
            raise GeoError(f"{state} is no packed state.")
        if service > len(self.services) or status >= len(self.statuses):
            raise GeoError(f"State {state} has service {service} and status {status}, which this map lacks.")
        return state


@dataclass(frozen=True, slots=True)
class Filter:
    """Which complaints are counted: those that are in each of the sets; None is any.

    Parameters
    ----------
    services
        Codes, `other` among them if wanted.
    statuses
        Status groups.
    ages
        Of `AGES`: days since the report, on the pyramid's day. A report from the future is in the youngest
        band.
    severities
        Of `SEVERITY_WORDS`.
    """

    services: frozenset[str] | None = None
    statuses: frozenset[str] | None = None
    ages: frozenset[str] | None = None
    severities: frozenset[str] | None = None

    @property
    def is_all(self) -> bool:
        """Whether it keeps everything."""
        return self.services is self.statuses is self.ages is self.severities is None

    def checked(self, scheme: Scheme) -> Filter:
        """Return the same filter with sets that name all there is made None, so that equal filters are equal.

        Raises
        ------
        GeoError
            A word that the scheme does not know.
        """
        return Filter(
            _known(self.services, (*scheme.services, OTHER), "service"),
            _known(self.statuses, scheme.statuses, "status"),
            _known(self.ages, AGES, "age"),
            _known(self.severities, SEVERITY_WORDS, "severity"),
        )

    def label(self) -> str:
        """Return the filter as a short word that is the same wherever the filter is: for ETags and cache
        keys.
        """
        parts = (self.services, self.statuses, self.ages, self.severities)
        return ";".join("*" if words is None else ",".join(sorted(words)) for words in parts)


def _known(words: frozenset[str] | None, all_words: tuple[str, ...], what: str) -> frozenset[str] | None:
    if words is None:
        return None
    unknown = sorted(words - set(all_words))
    if unknown:
        raise GeoError(f"{unknown[0]!r} is no {what} of this map; there are: {', '.join(all_words)}.")
    return None if len(words) == len(all_words) else words


def kept(states: NDArray[np.int32], selection: Filter, scheme: Scheme, today: int) -> NDArray[np.bool_]:
    """Say which packed states a filter keeps on a day (days since 1970); `selection` must be checked.

    Returns
    -------
    bool, shape (n,).
    """
    keep = np.ones(len(states), dtype=np.bool_)
    if selection.services is not None:
        names = (*scheme.services, OTHER)
        table = np.array([name in selection.services for name in names] + [False] * (32 - len(names)))
        keep &= table[states & 31]
    if selection.statuses is not None:
        table = np.array([name in selection.statuses for name in scheme.statuses] + [False] * MOST_STATUSES)
        keep &= table[(states >> STATUS_SHIFT) & STATUS_BITS]
    if selection.severities is not None:
        table = np.array([word in selection.severities for word in SEVERITY_WORDS])
        keep &= table[(states >> SEVERITY_SHIFT) & 3]
    if selection.ages is not None:
        band = np.searchsorted(AGE_LIMITS, today - (states >> DAY_SHIFT).astype(np.int64), side="left")
        keep &= np.array([name in selection.ages for name in AGES])[band]
    return keep
