"""Sites of different services at one place, where one brings forth the other: drain first, then patch."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.clustering.neighbours import NO_PAIRS, near_pairs
from geo.clustering.rules import DAY_S
from geo.errors import GeoError


@dataclass(frozen=True, slots=True)
class CauseRule:
    """That sites of one family bring forth sites of another, nearby and soon.

    Parameters
    ----------
    cause, effect
        Families; they differ.
    radius_m
        How near, above 0.
    within_days
        How long after the cause was first reported the effect may show. It may also be reported before: then
        the cause was there and nobody had told, up to as many days.

    Raises
    ------
    GeoError
        One family as both, or a figure that is not above 0.
    """

    cause: Hashable
    effect: Hashable
    radius_m: float
    within_days: float

    def __post_init__(self) -> None:
        if self.cause == self.effect:
            raise GeoError(f"{self.cause!r} cannot be its own cause.")
        for name in ("radius_m", "within_days"):
            if not 0.0 < getattr(self, name) < float("inf"):
                raise GeoError(f"{name} must be above 0, not {getattr(self, name)}.")


def find_causes(
    x_m: ArrayLike, y_m: ArrayLike, since_s: ArrayLike, family: ArrayLike, rules: Sequence[CauseRule]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the sites that are cause and effect.

    Parameters
    ----------
    x_m, y_m
        Where each open site is, metres, shape (n,), finite; may be empty.
    since_s
        When it was first reported, seconds, shape (n,).
    family
        Its family, shape (n,).
    rules
        What brings forth what.

    Returns
    -------
    Rows of cause and effect, int64, shape (m, 2), and distances in metres, shape (m,): nearest first. An
    effect may have several causes. Work at the cause goes first, whichever was reported first.

    Raises
    ------
    GeoError
        More than 20 million near pairs.
    """
    x, y = np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64)
    since, names = np.asarray(since_s, dtype=np.float64), np.asarray(family).tolist()
    found = [NO_PAIRS]
    for rule in rules:
        is_cause = np.array([name == rule.cause for name in names], dtype=bool)
        is_effect = np.array([name == rule.effect for name in names], dtype=bool)
        rows = np.flatnonzero(is_cause | is_effect)
        pairs = near_pairs(
            x[rows], y[rows], rule.radius_m, time_s=since[rows], window_s=rule.within_days * DAY_S
        )
        pairs = rows[pairs]
        pairs = pairs[is_cause[pairs[:, 0]] != is_cause[pairs[:, 1]]]
        found.append(np.where(is_cause[pairs[:, :1]], pairs, pairs[:, ::-1]))
    pairs = np.concatenate(found)
    distance_m = np.hypot(x[pairs[:, 0]] - x[pairs[:, 1]], y[pairs[:, 0]] - y[pairs[:, 1]])
    order = np.lexsort((pairs[:, 1], pairs[:, 0], distance_m))
    return pairs[order], distance_m[order]
