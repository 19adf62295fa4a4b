"""The columns that clustering reads, checked once."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

Scalar = TypeVar("Scalar", bound=np.generic)


@dataclass(frozen=True, slots=True, eq=False)
class Reports:
    """Requests as equal-length columns; make one with `Reports.of`."""

    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]
    reported_at_s: NDArray[np.float64]
    family: NDArray[np.generic]
    accuracy_m: NDArray[np.float64]
    closed_at_s: NDArray[np.float64]
    event: NDArray[np.int64]
    has_position: NDArray[np.bool_]
    closing_known: bool
    events_known: bool

    def __len__(self) -> int:
        return len(self.x_m)

    @classmethod
    def of(
        cls,
        x_m: ArrayLike,
        y_m: ArrayLike,
        reported_at_s: ArrayLike,
        family: ArrayLike,
        *,
        accuracy_m: ArrayLike | None = None,
        closed_at_s: ArrayLike | None = None,
        event: ArrayLike | None = None,
        has_position: ArrayLike | None = None,
    ) -> "Reports":
        """Check and keep the columns, each of shape (n,); n may be 0.

        Parameters
        ----------
        x_m, y_m
            Position in metres of one projected CRS.
        reported_at_s
            Seconds since 1970-01-01 UTC.
        family
            Key of the family's rule: text or whole numbers.
        accuracy_m
            Accuracy (one standard deviation) in metres; NaN is unknown.
        closed_at_s
            Closing time, seconds since 1970-01-01 UTC; NaN is open. None: nothing is known of closings.
        event
            Number of the rain event; negative is none. None: nothing is known of rain.
        has_position
            False where the position is a stand-in (see `default_positions`) or missing: such a request
            is never linked by distance, and its coordinates are not read. None: all have one.

        Raises
        ------
        GeoError
            Unequal lengths, or a value that cannot be; the message names the column and the row (from 0).
        """
        x = np.asarray(x_m, dtype=np.float64)
        if x.ndim != 1:
            raise GeoError(f"x_m must be one column, not of shape {x.shape}.")
        n = len(x)
        placed = _optional("has_position", has_position, n, True).astype(np.bool_)
        y, time_s = _column("y_m", y_m, n), _column("reported_at_s", reported_at_s, n)
        accuracy = _optional("accuracy_m", accuracy_m, n, np.nan)
        _refuse_first("x_m", x, placed & ~np.isfinite(x), "a finite number")
        _refuse_first("y_m", y, placed & ~np.isfinite(y), "a finite number")
        _refuse_first("reported_at_s", time_s, ~np.isfinite(time_s), "a finite number")
        _refuse_first("accuracy_m", accuracy, (accuracy < 0) | np.isinf(accuracy), "0, positive or NaN")
        names = np.asarray(family)
        return cls(
            x_m=np.where(placed, x, 0.0),
            y_m=np.where(placed, y, 0.0),
            reported_at_s=time_s,
            family=_of_length("family", names, n),
            accuracy_m=accuracy,
            closed_at_s=_optional("closed_at_s", closed_at_s, n, np.nan),
            event=_optional("event", event, n, -1).astype(np.int64),
            has_position=placed,
            closing_known=closed_at_s is not None,
            events_known=event is not None,
        )


def _optional(name: str, values: ArrayLike | None, n: int, absent: float) -> NDArray[np.float64]:
    return np.full(n, absent, dtype=np.float64) if values is None else _column(name, values, n)


def _column(name: str, values: ArrayLike, n: int) -> NDArray[np.float64]:
    return _of_length(name, np.asarray(values, dtype=np.float64), n)


def _of_length(name: str, column: NDArray[Scalar], n: int) -> NDArray[Scalar]:
    if column.shape != (n,):
        raise GeoError(f"{name} must have the shape ({n},) of x_m, not {column.shape}.")
    return column


def _refuse_first(name: str, values: NDArray[np.float64], bad: NDArray[np.bool_], wanted: str) -> None:
    if bad.any():
        row = int(np.argmax(bad))
        raise GeoError(f"Row {row}: {name} must be {wanted}, not {values[row]}.")
