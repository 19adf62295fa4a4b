"""Pairs of requests that are near in space and time, and those of them that are the same place."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule, Rules, rule_of
from geo.errors import GeoError

MOST_PAIRS: Final = 20_000_000
"""About 1 GB of working memory. More means that thousands of requests share one point."""


def near_pairs(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    radius_m: float,
    *,
    time_s: NDArray[np.float64] | None = None,
    window_s: float = np.inf,
) -> NDArray[np.int64]:
    """Find all pairs within a radius and a time window.

    Parameters
    ----------
    x_m, y_m
        Metres in a projected CRS, shape (n,), finite; may be empty.
    radius_m
        Greatest distance, itself included.
    time_s
        Seconds, shape (n,); None: time plays no part.
    window_s
        Greatest difference of `time_s`, itself included.

    Returns
    -------
    Row numbers i < j, int64, shape (m, 2), in no particular order.

    Raises
    ------
    GeoError
        More than 20 million pairs.

    Notes
    -----
    A KD-tree over x, y and, where the window cuts, time scaled so that the window is as long as the radius;
    the box it answers with is a little too large, so every pair is then checked. O(n log n + m).
    """
    if len(x_m) < 2:
        return np.empty((0, 2), dtype=np.int64)
    columns = [x_m - x_m.min(), y_m - y_m.min()]
    reach_m = max(radius_m, 1e-6) * (1.0 + 1e-9)
    if time_s is not None and np.ptp(time_s) > window_s:
        columns.append((time_s - time_s.min()) * (reach_m / max(window_s * (1.0 + 1e-9), 1e-6)))
    tree = cKDTree(np.column_stack(columns), balanced_tree=False)
    p = 2.0 if len(columns) == 2 else np.inf
    found = (int(tree.count_neighbors(tree, reach_m, p=p)) - len(x_m)) // 2
    if found > MOST_PAIRS:
        raise GeoError(
            f"{found:,} pairs of requests lie within {radius_m:g} m of each other, more than the "
            f"{MOST_PAIRS:,} that fit in memory. Often thousands share one "
            "default position: mark those as having none."
        )
    pairs = np.asarray(tree.query_pairs(reach_m, p=p, output_type="ndarray"), dtype=np.int64)
    keep = np.hypot(x_m[pairs[:, 0]] - x_m[pairs[:, 1]], y_m[pairs[:, 0]] - y_m[pairs[:, 1]]) <= radius_m
    if len(columns) == 3 and time_s is not None:
        keep &= np.abs(time_s[pairs[:, 0]] - time_s[pairs[:, 1]]) <= window_s
    return pairs[keep]


def link_edges(reports: Reports, rules: Rules) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find the pairs that are the same place: one family, within the pair's radius and in time.

    Returns
    -------
    Row numbers i < j, int64, shape (m, 2), and their distances in metres, shape (m,).
    """
    found = [
        _linked(reports, rule, near_pairs_of(reports, rows, rule, rule.auto_link_m))
        for rule, rows in families(reports, rules)
    ]
    pairs = np.concatenate([np.empty((0, 2), dtype=np.int64), *found])
    return pairs, distances_m(reports, pairs)


def families(reports: Reports, rules: Rules) -> Iterator[tuple[LinkRule, NDArray[np.int64]]]:
    """Yield each family's rule and the rows of it that have a position, ascending."""
    names, member_of = np.unique(reports.family, return_inverse=True)
    for number, name in enumerate(names.tolist()):
        rule = rule_of(rules, name)
        yield rule, np.flatnonzero((member_of == number) & reports.has_position)


def near_pairs_of(
    reports: Reports, rows: NDArray[np.int64], rule: LinkRule, radius_m: float
) -> NDArray[np.int64]:
    """Return the pairs among `rows` within a radius that time may allow, as rows of `reports`."""
    time_decides = not (rule.while_open and reports.closing_known) and not (
        rule.same_event and reports.events_known
    )
    pairs = near_pairs(
        reports.x_m[rows],
        reports.y_m[rows],
        radius_m,
        time_s=reports.reported_at_s[rows] if time_decides else None,
        window_s=rule.window_s,
    )
    return rows[pairs]


def in_time(reports: Reports, pairs: NDArray[np.int64], rule: LinkRule) -> NDArray[np.bool_]:
    """Say of each pair whether the later was reported while the earlier was a live case."""
    time_s = reports.reported_at_s[pairs]
    gap_s = np.abs(time_s[:, 0] - time_s[:, 1])
    near = gap_s <= rule.window_s
    if rule.same_event and reports.events_known:
        first, second = reports.event[pairs].T
        near = np.where((first >= 0) & (second >= 0), first == second, near).astype(np.bool_)
    if not reports.closing_known:
        return near
    earlier = np.where(time_s[:, 0] <= time_s[:, 1], pairs[:, 0], pairs[:, 1])
    closed_s = reports.closed_at_s[earlier]
    was_open = np.isnan(closed_s) | (closed_s > time_s.max(axis=1, initial=-np.inf))
    live: NDArray[np.bool_] = was_open & (near | rule.while_open)
    return live


def distances_m(reports: Reports, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance of each pair in metres."""
    i, j = pairs[:, 0], pairs[:, 1]
    return np.hypot(reports.x_m[i] - reports.x_m[j], reports.y_m[i] - reports.y_m[j])


def _linked(reports: Reports, rule: LinkRule, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    accuracy_m = reports.accuracy_m[pairs]
    radius_m = rule.pair_radius_m(accuracy_m[:, 0], accuracy_m[:, 1])
    return pairs[(distances_m(reports, pairs) <= radius_m) & in_time(reports, pairs, rule)]
