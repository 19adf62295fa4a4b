"""From pairs to work sites: shortest first, people's decisions first of all, no long chains."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import hypot, sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """How far rows may lie from their site's anchor.

    Parameters
    ----------
    cap_m
        At least so far, shape (n,); infinite: chains may grow.
    accuracy_m
        Accuracy of each row, finite, shape (n,): where it is poor, up to twice as far
        (`LinkRule.reach_m`).
    """

    cap_m: NDArray[np.float64]
    accuracy_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """What to join and what not.

    Parameters
    ----------
    component
        What the rule connects, int64, shape (n,): equal where rows are connected.
    same_place
        Lists the pairs behind it among marked rows, bool, shape (n,): int64, shape (m, 2). They are asked for
        only where a limit is broken.
    must_link, cannot_link
        Decisions, row numbers, int64, shape (m, 2) each.
    bound
        Rows that stay together as they are, int64, shape (m, 2), wherever they lie; only a decision parts
        them. Nobody has said that they are one place, so each of them still counts on its own.
    """

    component: NDArray[np.int64]
    same_place: Callable[[Rows], NDArray[np.int64]]
    must_link: NDArray[np.int64]
    cannot_link: NDArray[np.int64]
    bound: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))


def components(n: int, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the connected component of each of n rows, numbered from 0 in an arbitrary order."""
    graph = coo_array((np.ones(len(pairs), dtype=bool), (pairs[:, 0], pairs[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def joined(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    rank: NDArray[np.int64],
    reach: Reach,
    links: Links,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Join rows to sites.

    Parameters
    ----------
    x_m, y_m
        Metres, shape (n,).
    rank
        Age order of the rows: 0 is the oldest. A site's anchor is its member of the lowest rank.
    reach
        How far each row may lie from its site's anchor.
    links
        What to join and what not.

    Returns
    -------
    component
        Shape (n,), in an arbitrary numbering that `numbered_by_age` puts right.
    refused
        Pairs of one place by the rule that were not joined, int64, shape (m, 2).

    Notes
    -----
    A component that breaks no limit is taken whole. The others are built up by Kruskal's order, and what was
    refused for an anchor is tried again after each pass, since an older anchor may reach farther round.
    """
    n = len(x_m)
    whole = links.component
    if len(links.must_link) or len(links.bound):
        # Components may be numbered anyhow, so each row is tied to the first row of its component.
        _numbers, first, of_row = np.unique(whole, return_index=True, return_inverse=True)
        itself = np.column_stack([np.arange(n), first[of_row]])
        whole = components(n, np.concatenate([itself, links.must_link, links.bound]))
    hard = _breaks_a_limit(x_m, y_m, rank, reach, whole, links.cannot_link)[whole]
    if not hard.any():
        return whole, np.empty((0, 2), dtype=np.int64)
    sites = _Sites(x_m, y_m, rank, reach)
    sites.forbid(_within(links.cannot_link, hard))
    sites.decide(_shortest_first(x_m, y_m, rank, _within(links.must_link, hard)))
    sites.bind(_shortest_first(x_m, y_m, rank, _within(links.bound, hard)))
    same_place = links.same_place(hard)
    waiting = _shortest_first(x_m, y_m, rank, same_place)
    while True:
        refused = [pair for pair in waiting if not sites.join(*pair)]
        if len(refused) == len(waiting) or not refused:
            break
        waiting = sites.one_a_pair(refused)
    rows = np.flatnonzero(hard)
    result = whole.copy()
    result[rows] = n + np.array([sites.root(row) for row in rows.tolist()])
    return result, same_place[result[same_place[:, 0]] != result[same_place[:, 1]]]


def numbered_by_age(component: NDArray[np.int64], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the components from 0 by the age of their oldest member."""
    by_age = np.argsort(rank)
    oldest = np.empty(int(component.max(initial=-1)) + 1, dtype=np.int64)
    oldest[component[by_age[::-1]]] = by_age[::-1]  # the last one written is the oldest
    begins = oldest[component[by_age]] == by_age
    number = np.empty(len(rank), dtype=np.int64)
    number[by_age] = np.cumsum(begins) - 1
    return number[oldest[component]]


def _breaks_a_limit(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    rank: NDArray[np.int64],
    reach: Reach,
    component: NDArray[np.int64],
    cannot_link: NDArray[np.int64],
) -> NDArray[np.bool_]:
    by_rank = np.argsort(rank)
    anchor = np.empty(int(component.max(initial=-1)) + 1, dtype=np.int64)
    anchor[component[by_rank[::-1]]] = by_rank[::-1]
    at = anchor[component]
    bad = np.zeros(len(anchor), dtype=bool)
    both_m = 2.0 * np.sqrt(reach.accuracy_m * reach.accuracy_m + reach.accuracy_m[at] * reach.accuracy_m[at])
    reach_m = np.minimum(np.maximum(both_m, reach.cap_m), 2.0 * reach.cap_m)
    bad[component[np.hypot(x_m - x_m[at], y_m - y_m[at]) > reach_m]] = True
    together = component[cannot_link[:, 0]] == component[cannot_link[:, 1]]
    bad[component[cannot_link[together, 0]]] = True
    return bad


def _within(pairs: NDArray[np.int64], rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    return pairs[rows[pairs].all(axis=1)]


def _shortest_first(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], rank: NDArray[np.int64], pairs: NDArray[np.int64]
) -> list[tuple[int, int]]:
    i, j = pairs[:, 0], pairs[:, 1]
    length_m = np.hypot(x_m[i] - x_m[j], y_m[i] - y_m[j])
    ranks = np.sort(rank[pairs], axis=1)
    order = np.lexsort((ranks[:, 1], ranks[:, 0], length_m))
    return [(int(a), int(b)) for a, b in pairs[order]]


class _Sites:
    """Sets of rows with an anchor each; a union-find that can say no."""

    def __init__(
        self,
        x_m: NDArray[np.float64],
        y_m: NDArray[np.float64],
        rank: NDArray[np.int64],
        reach: Reach,
    ) -> None:
        self._x, self._y = x_m.tolist(), y_m.tolist()
        self._rank = rank.tolist()
        self._cap, self._accuracy = reach.cap_m.tolist(), reach.accuracy_m.tolist()
        self._parent = list(range(len(rank)))
        self._members: dict[int, list[int]] = {}
        self._foes: dict[int, set[int]] = {}
        self._block: dict[int, int] = {}
        self._apart: set[tuple[int, int]] = set()

    def root(self, row: int) -> int:
        """Return the oldest row of this row's site, which is its anchor."""
        parent = self._parent
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    def forbid(self, pairs: NDArray[np.int64]) -> None:
        """Keep these pairs apart from now on."""
        for a, b in pairs.tolist():
            self._foes.setdefault(a, set()).add(b)
            self._foes.setdefault(b, set()).add(a)

    def decide(self, must_link: Iterable[tuple[int, int]]) -> None:
        """Join what people joined, at any distance; each group then counts as one by its nearest member."""
        together: set[int] = set()
        for a, b in must_link:
            together.update((a, b))
            old, young = self._by_age(a, b)
            if old != young and not self._are_foes(old, young):
                self._unite(old, young)
        self._block = {row: self.root(row) for row in together}

    def bind(self, bound: Iterable[tuple[int, int]]) -> None:
        """Unite these as well, without counting them as one."""
        for a, b in bound:
            old, young = self._by_age(a, b)
            if old != young and not self._are_foes(old, young):
                self._unite(old, young)

    def join(self, a: int, b: int) -> bool:
        """Join two sites unless a limit forbids it; say whether they are one now."""
        old, young = self._by_age(a, b)
        if old == young:
            return True
        if (old, young) in self._apart:
            return False
        if self._are_foes(old, young) or not self._reaches(old, young):
            # For good, as long as both are anchors: growing brings more foes and far members, never fewer.
            self._apart.add((old, young))
            return False
        self._unite(old, young)
        return True

    def one_a_pair(self, pairs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
        """Keep the first of all pairs between the same two sites: the others would be answered alike."""
        first: dict[tuple[int, int], tuple[int, int]] = {}
        for a, b in pairs:
            first.setdefault(self._by_age(a, b), (a, b))
        return list(first.values())

    def _by_age(self, a: int, b: int) -> tuple[int, int]:
        a, b = self.root(a), self.root(b)
        return (a, b) if self._rank[a] <= self._rank[b] else (b, a)

    def _unite(self, old: int, young: int) -> None:
        self._parent[young] = old
        self._members.setdefault(old, [old]).extend(self._members.pop(young, [young]))
        foes = self._foes.pop(young, None)
        if foes:
            self._foes.setdefault(old, set()).update(foes)

    def _are_foes(self, old: int, young: int) -> bool:
        return any(self.root(foe) == young for foe in self._foes.get(old, ()))

    def _reaches(self, anchor: int, young: int) -> bool:
        far: set[int] = set()
        near: set[int] = set()
        for row in self._members.get(young, [young]):
            distance_m = hypot(self._x[row] - self._x[anchor], self._y[row] - self._y[anchor])
            a_m, b_m, cap_m = self._accuracy[row], self._accuracy[anchor], self._cap[row]
            reach_m = min(max(2.0 * sqrt(a_m * a_m + b_m * b_m), cap_m), 2.0 * cap_m)
            (near if distance_m <= reach_m else far).add(self._block.get(row, row))
        return far <= near
