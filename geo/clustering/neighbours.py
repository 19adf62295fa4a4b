"""Pairs of requests that are near in space and time, and those of them that are the same place."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.clustering.linkage import Bounds, Points, components_of, pairs_of, some_of
from geo.clustering.reports import Reports
from geo.clustering.rules import LinkRule, Rules, rule_of
from geo.clustering.ways import Way, is_short_way
from geo.errors import GeoError

MOST_PAIRS: Final = 20_000_000
"""About 1 GB of working memory. More means that thousands of requests share one point."""
MOST_COMPARED: Final = 2_000_000_000
"""Some ten seconds of comparing; above, requests on one point are taken together first."""

NO_PAIRS: Final = np.empty((0, 2), dtype=np.int64)


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
    A radix sort by strips and one sweep (`geo.clustering.linkage`). O(n + candidates).
    """
    when = np.zeros(len(x_m)) if time_s is None else time_s
    points = _points(np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64), when)
    return _listed(points, _bare(radius_m, window_s))


def connected(
    x_m: NDArray[np.float64],
    y_m: NDArray[np.float64],
    radius_m: float,
    *,
    time_s: NDArray[np.float64] | None = None,
    window_s: float = np.inf,
    most_compared: int = MOST_COMPARED,
) -> NDArray[np.int64]:
    """Find the connected components of `near_pairs` without listing a pair.

    Returns
    -------
    Shape (n,), int64: the row of one member, the same for all members of a component.

    Notes
    -----
    Any number of points on one spot is fine: where more pairs than `most_compared` would have to be compared,
    points at one place whose times follow each other within the window are taken as one.
    """
    when = np.zeros(len(x_m)) if time_s is None else np.asarray(time_s, dtype=np.float64)
    points = _points(np.asarray(x_m, dtype=np.float64), np.asarray(y_m, dtype=np.float64), when)
    return _connected(points, _bare(radius_m, window_s), most_compared)


def link_components(reports: Reports, rules: Rules) -> NDArray[np.int64]:
    """Connect the requests that are the same place: one family, within the pair's radius and in time.

    Returns
    -------
    Shape (n,), int64: the row of one member, the same for all members of a component.

    Raises
    ------
    GeoError
        A family without a rule, or too many pairs to compare.
    """
    label = np.arange(len(reports), dtype=np.int64)
    for rule, rows in families(reports, rules):
        some = _linkable(reports, rule, rows)
        if len(some) > 1:
            label[some] = some[_connected(_points_of(reports, rule, some), _bounds_of(reports, rule))]
    return label


def link_pairs(
    reports: Reports, rules: Rules, among: NDArray[np.bool_] | None = None, *, way: Way | None = None
) -> NDArray[np.int64]:
    """Find the pairs that are the same place: one family, within the pair's radius and in time.

    Parameters
    ----------
    among
        Rows to look among, bool, shape (n,); None: all.
    way
        How far it is along roads; None: the straight line alone counts.

    Returns
    -------
    Row numbers i < j, int64, shape (m, 2).
    """
    found = [NO_PAIRS]
    for rule, rows in families(reports, rules):
        some = _linkable(reports, rule, rows if among is None else rows[among[rows]])
        if len(some) > 1:
            pairs = some[_listed(_points_of(reports, rule, some), _bounds_of(reports, rule))]
            found.append(pairs if way is None else pairs[_is_by_road(reports, rule, pairs, way)])
    return np.concatenate(found)


def families(reports: Reports, rules: Rules) -> Iterator[tuple[LinkRule, NDArray[np.int64]]]:
    """Yield each family's rule and the rows of it that have a position, ascending."""
    names = reports.family.tolist()
    number: dict[object, int] = {}
    member_of = np.fromiter((number.setdefault(name, len(number)) for name in names), np.int64, len(names))
    member_of[~reports.has_position] = len(number)
    by_family = np.argsort(member_of, kind="stable")
    ends = np.cumsum(np.bincount(member_of, minlength=len(number) + 1))
    for name, place in sorted(number.items(), key=lambda item: str(item[0])):
        yield rule_of(rules, name), by_family[ends[place - 1] if place else 0 : ends[place]]


def near_pairs_of(
    reports: Reports, rows: NDArray[np.int64], rule: LinkRule, radius_m: float
) -> NDArray[np.int64]:
    """Return the pairs among `rows` within a radius and in time, whatever their accuracy."""
    if len(rows) < 2:
        return NO_PAIRS
    bounds = _bounds_of(reports, rule)._replace(least_m=radius_m, most_m=radius_m)
    return rows[_listed(_points_of(reports, rule, rows), bounds)]


def distances_m(reports: Reports, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the distance of each pair in metres."""
    i, j = pairs[:, 0], pairs[:, 1]
    return np.hypot(reports.x_m[i] - reports.x_m[j], reports.y_m[i] - reports.y_m[j])


def _is_by_road(reports: Reports, rule: LinkRule, pairs: NDArray[np.int64], way: Way) -> NDArray[np.bool_]:
    i, j = pairs.T
    xy = np.column_stack([reports.x_m, reports.y_m])
    radius_m = rule.pair_radius_m(reports.accuracy_m[i], reports.accuracy_m[j])
    return is_short_way(way, xy[i], xy[j], radius_m)


def _linkable(reports: Reports, rule: LinkRule, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    # A request of unknown accuracy links with none, where the rule assumes nothing.
    if rule.auto_link_m == 0.0:
        return rows[:0]
    if rule.default_accuracy_m is None:
        return rows[~np.isnan(reports.accuracy_m[rows])]
    return rows


def _bare(radius_m: float, window_s: float) -> Bounds:
    radius_m = float(radius_m)
    return Bounds(radius_m, radius_m, float(window_s), closings=False, while_open=False, events=False)


def _bounds_of(reports: Reports, rule: LinkRule) -> Bounds:
    closings = reports.closing_known and not bool(np.isnan(reports.closed_at_s).all())
    unending = reports.closing_known and not closings and rule.while_open
    return Bounds(
        least_m=min(rule.least_link_m, rule.auto_link_m),
        most_m=rule.auto_link_m,
        window_s=np.inf if unending else rule.window_s,
        closings=closings,
        while_open=rule.while_open,
        events=rule.same_event and reports.events_known and not unending,
    )


def _points(x_m: NDArray[np.float64], y_m: NDArray[np.float64], time_s: NDArray[np.float64]) -> Points:
    none = np.empty(0)
    return Points(x_m, y_m, time_s, time_s, none, none, np.empty(0, dtype=np.int64))


def _points_of(reports: Reports, rule: LinkRule, rows: NDArray[np.int64]) -> Points:
    accuracy_m, closed_s = reports.accuracy_m[rows], reports.closed_at_s[rows]
    time_s = reports.reported_at_s[rows]
    return Points(
        x_m=reports.x_m[rows],
        y_m=reports.y_m[rows],
        from_s=time_s,
        to_s=time_s,
        accuracy_m=np.where(np.isnan(accuracy_m), rule.default_accuracy_m or 0.0, accuracy_m),
        closed_s=np.where(np.isnan(closed_s), np.inf, closed_s),
        event=reports.event[rows],
    )


def _listed(points: Points, bounds: Bounds) -> NDArray[np.int64]:
    pairs, found = pairs_of(points, bounds, MOST_PAIRS, MOST_COMPARED)
    if found > MOST_PAIRS:
        raise GeoError(_too_many(found, bounds.most_m))
    return pairs.astype(np.int64)


def _connected(points: Points, bounds: Bounds, most: int = MOST_COMPARED) -> NDArray[np.int64]:
    label, compared = components_of(points, bounds, most)
    if compared <= most:
        return label.astype(np.int64)
    if bounds.closings or bounds.events:
        raise GeoError(_too_many(compared, bounds.most_m))
    run, first = _runs(points, bounds)
    starts = some_of(points, first)
    last_s = np.full(len(first), -np.inf)
    np.maximum.at(last_s, run, points.to_s)
    label, compared = components_of(starts._replace(to_s=last_s), bounds, most)
    if compared > most:
        raise GeoError(_too_many(compared, bounds.most_m))
    return first[label][run]


def _runs(points: Points, bounds: Bounds) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Take points of one place and accuracy together as long as each follows another within the window.

    Between two such runs some pair is in time exactly when the gap between them is no longer than the window.
    """
    same = [points.x_m, points.y_m, *([points.accuracy_m] if len(points.accuracy_m) else [])]
    order = np.lexsort((points.from_s, *same))
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = np.diff(points.from_s[order]) > bounds.window_s
    for column in same:
        begins[1:] |= np.diff(column[order]) != 0.0
    run = np.empty(len(order), dtype=np.int64)
    run[order] = np.cumsum(begins) - 1
    return run, order[begins]


def _too_many(found: int, radius_m: float) -> str:
    return (
        f"{found:,} pairs of requests lie within {radius_m:g} m of each other, or nearly; at most "
        f"{MOST_PAIRS:,} can be held. Often thousands share one default position: mark those as having none."
    )
