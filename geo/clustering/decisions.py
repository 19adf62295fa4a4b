"""What people decided about pairs of requests, for whichever of them are grouped now."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

Pair = tuple[int, int]


def decided_rows(
    ids: ArrayLike, decisions: Mapping[Pair, bool]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Turn decisions about requests into must-links and cannot-links about rows.

    Parameters
    ----------
    ids
        Distinct whole number of each request that is grouped, shape (n,); may be empty.
    decisions
        True: these two requests are one place; False: they are not. The last word on a pair, in either
        order; a pair that is there in both orders must agree. Requests that are not among `ids` may occur.

    Returns
    -------
    must_link, cannot_link
        Rows, int64, shape (m, 2) each, as `find_work_sites` takes them.

    Raises
    ------
    GeoError
        A pair of one request with itself, or one decided both ways.

    Notes
    -----
    Decisions outlive requests that are closed, withdrawn or archived: "a is b" and "b is c" keep a and c
    together when b is no longer grouped, and "b is not c" then keeps a from c. Where a chain through absent
    requests contradicts itself, only the decisions between present ones are kept.
    """
    row_of = {int(number): row for row, number in enumerate(np.asarray(ids).tolist())}
    together, apart = _checked(decisions)
    must, cannot = _present(together, row_of), _present(apart, row_of)
    group = _groups_with_absent(together, row_of)
    if group:
        must += _chains(group, row_of)
        cannot += _inherited(apart, group, row_of)
    return _pairs(must), _pairs(cannot)


def _checked(decisions: Mapping[Pair, bool]) -> tuple[list[Pair], list[Pair]]:
    for a, b in decisions:
        if a == b:
            raise GeoError(f"A decision names the request {a} twice.")
        if decisions.get((b, a), decisions[a, b]) != decisions[a, b]:
            raise GeoError(f"The requests {a} and {b} are decided to be one place and to be two.")
    return [pair for pair, one in decisions.items() if one], [
        pair for pair, one in decisions.items() if not one
    ]


def _present(pairs: Iterable[Pair], row_of: Mapping[int, int]) -> list[Pair]:
    return [(row_of[a], row_of[b]) for a, b in pairs if a in row_of and b in row_of]


def _groups_with_absent(together: list[Pair], row_of: Mapping[int, int]) -> dict[int, int]:
    """Name the group of each request that hangs on an absent one by must-links through absent ones."""
    parent: dict[int, int] = {}

    def root(number: int) -> int:
        while parent.setdefault(number, number) != number:
            number = parent[number]
        return number

    # A present request may hang on several absent ones; joining them through it is what the must-links say.
    for a, b in sorted(together):
        if a not in row_of or b not in row_of:
            first, second = sorted((root(a), root(b)))
            parent[second] = first
    return {number: root(number) for number in parent}


def _chains(group: Mapping[int, int], row_of: Mapping[int, int]) -> list[Pair]:
    first: dict[int, int] = {}
    found = []
    for number in sorted(group):
        if number in row_of:
            one = first.setdefault(group[number], number)
            if one != number:
                found.append((row_of[one], row_of[number]))
    return found


def _inherited(apart: list[Pair], group: Mapping[int, int], row_of: Mapping[int, int]) -> list[Pair]:
    members: dict[int, list[int]] = {}
    for number in sorted(group):
        if number in row_of:
            members.setdefault(group[number], []).append(number)

    def stand_ins(number: int) -> list[int]:
        return [number] if number in row_of else members.get(group.get(number, number), [])

    found: set[Pair] = set()
    for a, b in apart:
        if (a in row_of and b in row_of) or group.get(a, a) == group.get(b, b):
            continue
        found.update((row_of[one], row_of[other]) for one in stand_ins(a) for other in stand_ins(b))
    return sorted(found)


def _pairs(rows: Iterable[Pair]) -> NDArray[np.int64]:
    return np.array(list(rows), dtype=np.int64).reshape(-1, 2)
