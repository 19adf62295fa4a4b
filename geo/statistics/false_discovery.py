"""Many tests at once: how many of the places called hot may be so by chance.

Benjamini and Hochberg (1995), *Controlling the false discovery rate*, J. R. Statist. Soc. B 57: of the places
that are accepted, at most the share q are expected to be false. It holds for independent tests and for those
that neighbours share in the same direction (Benjamini and Yekutieli 2001), as Gi* over one map does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError


def accepted(p: ArrayLike, q: float = 0.05) -> NDArray[np.bool_]:
    """Say which tests stand when the false discovery rate is held at q.

    Parameters
    ----------
    p
        p-values, any shape; NaN where nothing was tested: it neither counts nor stands.
    q
        Share of false ones among the accepted that is put up with, above 0 and below 1.

    Returns
    -------
    bool, the shape of `p`. O(n + k log k) for k values of at most q.

    Raises
    ------
    GeoError
        A p-value outside 0 to 1, or a q that is no share.
    """
    values = _checked(p)
    return values <= threshold(values, q)


def threshold(p: ArrayLike, q: float = 0.05) -> float:
    """Return the largest p-value that stands at rate q, or −1 when none does."""
    checked_rate(q)
    flat = _checked(p).ravel()
    tested = flat.size - int(np.isnan(flat).sum())
    # No p above q can stand, so only the others are sorted: a map has many cells and few of them hot.
    small = np.sort(flat[flat <= q])
    standing = np.flatnonzero(small <= q * np.arange(1, len(small) + 1) / max(tested, 1))
    return float(small[standing[-1]]) if len(standing) else -1.0


def adjusted(p: ArrayLike) -> NDArray[np.float64]:
    """Return for each test the smallest false discovery rate at which it stands.

    Parameters
    ----------
    p
        p-values, any shape; NaN where nothing was tested stays NaN.

    Returns
    -------
    float64, the shape of `p`, at most 1: ``adjusted(p) <= q`` is ``accepted(p, q)``, but for rounding in the
    last digit.
    """
    values = _checked(p)
    flat = values.ravel()
    order = np.argsort(flat)  # NaN goes last; equal ones get one answer, in whatever order they stand
    tested = flat.size - int(np.isnan(flat).sum())
    order = order[:tested]
    scaled = flat[order] * (tested / np.arange(1, tested + 1))
    answer = np.full(flat.size, np.nan)
    answer[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return answer.reshape(values.shape)


def checked_rate(q: float) -> float:
    """Return the false discovery rate, or say that it is none."""
    if not 0.0 < q < 1.0:
        raise GeoError(f"The false discovery rate must lie between 0 and 1, not at {q}.")
    return q


def _checked(p: ArrayLike) -> NDArray[np.float64]:
    values = np.asarray(p, dtype=np.float64)
    if ((values < 0.0) | (values > 1.0)).any():
        raise GeoError("A p-value must lie between 0 and 1.")
    return values
