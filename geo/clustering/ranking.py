"""Which pairs are worth a person's look first, learnt from what people said of earlier pairs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, hstack

from geo.clustering.rules import DAY_S
from geo.errors import GeoError

NEARNESS_M: Final = (3.0, 10.0, 30.0)
SOONNESS_DAYS: Final = (0.1, 2.0, 10.0)
SIGN_PENALTY: Final = 0.1
EFFECT_PENALTY: Final = 0.5
"""Ridge: what a family or a kind adds to the log-odds is taken to scatter by 1/√0.5 = 1.4."""
LEAST_KNOWN: Final = 10
MOST_STEPS: Final = 100
TINY_STEP: Final = 1e-6

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PairSigns:
    """What is known of each pair, one entry a pair; make them with `PairSigns.of`."""

    distance_m: Floats
    apart_days: Floats
    order: NDArray[np.int64]
    crowd: NDArray[np.int64]
    family: NDArray[np.generic]
    kinds: NDArray[np.generic]
    further: Floats

    def __len__(self) -> int:
        return len(self.distance_m)

    def __getitem__(self, rows: NDArray[np.generic] | slice) -> "PairSigns":
        return PairSigns(*(getattr(self, name)[rows] for name in self.__slots__))

    @classmethod
    def of(
        cls,
        x_m: ArrayLike,
        y_m: ArrayLike,
        reported_at_s: ArrayLike,
        family: ArrayLike,
        kind: ArrayLike,
        pairs: NDArray[np.int64],
        *,
        further: Floats | None = None,
    ) -> "PairSigns":
        """Describe pairs of requests.

        Parameters
        ----------
        x_m, y_m
            Metres, shape (n,).
        reported_at_s
            Seconds, shape (n,).
        family, kind
            The family whose members are compared, and the service itself, shape (n,).
        pairs
            All pairs of one family within the reach that is asked about, rows, shape (m, 2): how crowded a
            request is, and which of its neighbours are nearer, is counted from them.
        further
            Other signs of each pair, such as "same street", about 0 to 1, shape (m, k); None: there are none.
        """
        x, y, time_s = (np.asarray(column, dtype=np.float64) for column in (x_m, y_m, reported_at_s))
        i, j = pairs.T
        distance_m = np.hypot(x[i] - x[j], y[i] - y[j])
        order, crowd = _among_neighbours(pairs, distance_m)
        return cls(
            distance_m=distance_m,
            apart_days=np.abs(time_s[i] - time_s[j]) / DAY_S,
            order=order,
            crowd=crowd,
            family=np.asarray(family)[i],
            kinds=np.asarray(kind)[pairs],
            further=np.empty((len(pairs), 0)) if further is None else further,
        )


@dataclass(frozen=True, slots=True, eq=False)
class PairModel:
    """Log-odds that a pair is one place: a sum over its signs, its family and its kinds.

    Parameters
    ----------
    signs
        Weight of each sign, shape (11 + k,), the constant first and the k further ones last.
    families, kinds
        What each adds, by name; those that were not met add nothing.
    """

    signs: Floats
    families: dict[object, float]
    kinds: dict[object, float]

    @classmethod
    def fit(cls, signs: PairSigns, is_one_place: ArrayLike) -> "PairModel":
        """Learn from pairs that people judged.

        Parameters
        ----------
        signs
            The pairs, m of them.
        is_one_place
            bool, shape (m,). Pairs that nobody spoke of may stand as False: they only lower the whole.

        Raises
        ------
        GeoError
            Fewer than 10 pairs of one place, or columns of unequal length.

        Notes
        -----
        Logistic regression with ridge penalties, by Newton's method: deterministic. O(m) a step.
        """
        wanted = np.asarray(is_one_place, dtype=np.float64)
        if wanted.shape != (len(signs),):
            raise GeoError(f"is_one_place must have the shape ({len(signs)},), not {wanted.shape}.")
        if wanted.sum() < LEAST_KNOWN:
            raise GeoError(
                f"Of one place are {wanted.sum():.0f} pairs; it takes {LEAST_KNOWN} to learn from."
            )
        families, kinds = _names(signs.family), _names(signs.kinds)
        parts = _columns(signs), _members(signs.family[:, None], families), _members(signs.kinds, kinds)
        table = hstack([csr_array(parts[0]), *parts[1:]], format="csr")
        count = table.shape[1] - len(families) - len(kinds)
        penalty = np.full(table.shape[1], EFFECT_PENALTY)
        penalty[:count] = SIGN_PENALTY
        penalty[0] = 0.0
        weights = _fitted(table, wanted, penalty)
        by_family, by_kind = np.split(weights[count:], [len(families)])
        return cls(
            signs=weights[:count],
            families=dict(zip(families, by_family.tolist(), strict=True)),
            kinds=dict(zip(kinds, by_kind.tolist(), strict=True)),
        )

    def score(self, signs: PairSigns) -> Floats:
        """Return each pair's log-odds, shape (m,)."""
        family = [self.families.get(name, 0.0) for name in signs.family.tolist()]
        kinds = [[self.kinds.get(name, 0.0) for name in both] for both in signs.kinds.tolist()]
        total: Floats = _columns(signs) @ self.signs + np.array(family)
        total += np.array(kinds, dtype=np.float64).reshape(-1, 2).sum(axis=1) / 2.0
        return total


def best_links(n: int, pairs: NDArray[np.int64], score: Floats, most: int) -> NDArray[np.int64]:
    """Choose the best pairs that each tell something new: no pair that better ones connect already.

    Parameters
    ----------
    n
        Number of requests.
    pairs
        Rows, shape (m, 2).
    score
        Higher is better, shape (m,); ties go to the earlier pair.
    most
        How many to choose.

    Returns
    -------
    Places in `pairs`, best first, at most `most`: a maximum spanning forest, cut off.
    """
    parent = list(range(n))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    chosen: list[int] = []
    order = np.argsort(-score, kind="stable")
    for place, (a, b) in zip(order.tolist(), pairs[order].tolist(), strict=True):
        if len(chosen) >= most:
            break
        one, other = root(a), root(b)
        if one != other:
            parent[other] = one
            chosen.append(place)
    return np.array(chosen, dtype=np.int64)


def _among_neighbours(
    pairs: NDArray[np.int64], distance_m: Floats
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count each pair's neighbours: the nearer ones where more are so, and all where they are fewer."""
    m = len(pairs)
    row, length = pairs.T.ravel(), np.tile(distance_m, 2)
    by_row = np.lexsort((length, row))
    begins = np.flatnonzero(np.diff(row[by_row], prepend=-1))
    count = np.diff(begins, append=2 * m)
    place, of_row = np.empty(2 * m, dtype=np.int64), np.empty(2 * m, dtype=np.int64)
    place[by_row] = np.arange(2 * m) - np.repeat(begins, count)
    of_row[by_row] = np.repeat(count, count)
    return np.maximum(place[:m], place[m:]), np.minimum(of_row[:m], of_row[m:])


def _columns(signs: PairSigns) -> Floats:
    return np.column_stack(
        [
            np.ones(len(signs)),
            *(np.exp(-signs.distance_m / scale) for scale in NEARNESS_M),
            np.log1p(signs.distance_m),
            *(np.exp(-signs.apart_days / scale) for scale in SOONNESS_DAYS),
            np.log1p(signs.crowd),
            np.log1p(signs.order),
            signs.kinds[:, 0] == signs.kinds[:, 1],
            signs.further,
        ]
    )


def _names(column: NDArray[np.generic]) -> list[object]:
    return sorted(set(column.ravel().tolist()), key=str)


def _members(names: NDArray[np.generic], known: list[object]) -> csr_array:
    place = {name: k for k, name in enumerate(known)}
    m, wide = names.shape
    column = np.array([place[name] for name in names.ravel().tolist()], dtype=np.int64)
    return csr_array(
        (np.full(m * wide, 1.0 / wide), (np.repeat(np.arange(m), wide), column)), (m, len(known))
    )


def _fitted(table: csr_array, wanted: Floats, penalty: Floats) -> Floats:
    def loss(weights: Floats) -> float:
        odds = table @ weights
        return float(np.logaddexp(0.0, odds).sum() - wanted @ odds + (penalty * weights) @ weights / 2.0)

    weights = np.zeros(table.shape[1])
    weights[0] = np.log(wanted.mean())
    least = loss(weights)
    for _ in range(MOST_STEPS):
        share = 1.0 / (1.0 + np.exp(-np.clip(table @ weights, -500.0, 500.0)))
        slope = table.T @ (share - wanted) + penalty * weights
        curve = (table.T @ table.multiply((share * (1.0 - share))[:, None]).tocsr()).toarray()
        step = np.linalg.solve(curve + np.diag(penalty + 1e-9), slope)
        while loss(weights - step) > least + 1e-9 * abs(least) and np.abs(step).max() > TINY_STEP:
            step = step / 2.0
        weights = weights - step
        least = loss(weights)
        if np.abs(step).max() <= TINY_STEP:
            break
    return weights
