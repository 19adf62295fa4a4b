"""What is already reported near a new request, and which open site it belongs to."""

from collections.abc import Collection, Hashable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geo.clustering.neighbours import distances_m, families, near_pairs_of
from geo.clustering.reports import Reports
from geo.clustering.rules import DAY_S, LinkRule, Rules, rule_of
from geo.clustering.ways import Way, is_short_way
from geo.errors import GeoError


@dataclass(frozen=True, slots=True)
class NewReport:
    """One request that is just being made.

    Parameters
    ----------
    x_m, y_m
        Metres, in the CRS of the reports it is compared with.
    reported_at_s
        Seconds since 1970-01-01 UTC.
    family
        Key of its rule.
    accuracy_m
        Accuracy in metres; NaN is unknown.
    event
        Rain event; negative is none.
    closed_at_s
        Closing time, seconds since 1970-01-01 UTC; NaN is open.
    has_position
        False where the position is a stand-in or missing: it links by decision only.
    """

    x_m: float
    y_m: float
    reported_at_s: float
    family: Hashable
    accuracy_m: float = float("nan")
    event: int = -1
    closed_at_s: float = float("nan")
    has_position: bool = True

    def __post_init__(self) -> None:
        if not np.isfinite([self.x_m, self.y_m, self.reported_at_s]).all():
            raise GeoError(f"The new request has no finite position and time: {self}.")
        if self.accuracy_m < 0:
            raise GeoError(
                f"The new request's accuracy is {self.accuracy_m} m; it must be 0 or more, or NaN."
            )


@dataclass(frozen=True, slots=True)
class Nearby:
    """A request to show to whoever is reporting: "already reported 12 m away".

    Parameters
    ----------
    row
        Its row in the reports that were searched.
    distance_m
        How far away it is.
    was_repaired
        It is closed: "repaired here before" instead of "already reported".
    """

    row: int
    distance_m: float
    was_repaired: bool


def suggest_nearby(new: NewReport, reports: Reports, rules: Rules, *, limit: int = 5) -> list[Nearby]:
    """Find what is already reported near a new request, for a person to decide.

    Parameters
    ----------
    new
        The request being made.
    reports
        What may be shown to this person; may be empty. Leave out what they may not know of.
    rules
        Its family's rule gives `suggest_m`, the window and `repaired_days`.
    limit
        Most to return.

    Returns
    -------
    Nearest first; at one distance the younger report, then the lower row. Requests without a position are
    never among them.

    Raises
    ------
    GeoError
        No rule for the family.

    Notes
    -----
    One pass over `reports`: fetch those in a box of `suggest_m` around the point from the database.
    """
    rule = rule_of(rules, new.family)
    if rule.suggest_m == 0.0:
        return []
    distance_m = np.hypot(reports.x_m - new.x_m, reports.y_m - new.y_m)
    closed = reports.closed_at_s <= new.reported_at_s
    repaired = closed & (new.reported_at_s - reports.closed_at_s <= rule.repaired_days * DAY_S)
    shown = _comparable(new, reports) & (distance_m <= rule.suggest_m)
    shown &= repaired | (~closed & _live(new, reports, rule))
    rows = np.flatnonzero(shown)
    order = np.lexsort((rows, -reports.reported_at_s[rows], distance_m[rows]))
    return [
        Nearby(int(row), float(distance_m[row]), bool(closed[row]))
        for row in rows[order][: max(limit, 0)].tolist()
    ]


@dataclass(frozen=True, slots=True)
class Match:
    """The site that a new request belongs to, and by which of its members.

    Parameters
    ----------
    site_id
        The site.
    row
        The nearest member it links to, for its radius: a row of the reports that were searched.
    distance_m
        How far away that is.
    radius_m
        The radius of that pair, by the accuracy of both.
    anchor_m
        How far the new request is from where the site is.
    """

    site_id: int
    row: int
    distance_m: float
    radius_m: float
    anchor_m: float


def find_match(
    new: NewReport,
    reports: Reports,
    site_ids: NDArray[np.int64],
    rules: Rules,
    *,
    apart_from: Collection[int] = (),
    surveyed: Mapping[int, tuple[float, float]] | None = None,
    way: Way | None = None,
) -> Match | None:
    """Find the open site that a new request belongs to without asking anybody, and say by what.

    Parameters
    ----------
    new
        The request.
    reports
        The members of the sites around it, whole sites; may be empty.
    site_ids
        Site of each member, int64, shape (n,).
    rules
        Its family's rule.
    apart_from
        Sites that people keep this request out of.
    surveyed
        Where a crew found a site to be, metres. Else it is where its oldest member is.
    way
        How far it is along roads; None: the straight line alone counts.

    Returns
    -------
    The site of the linked member that is nearest for its pair's radius, among the sites that are in reach
    (`LinkRule.reach_m`); ties go to the lower id, then the lower row. None: a new site.

    Raises
    ------
    GeoError
        No rule for the family, or `site_ids` of another length.

    Notes
    -----
    A site is never joined with another one here, which keeps an insertion local. Grouping anew
    (`find_work_sites`) may do so, and `assign_identities` then keeps the numbers; `LiveSites` does both.
    """
    rule = rule_of(rules, new.family)
    ids = np.asarray(site_ids, dtype=np.int64)
    if ids.shape != (len(reports),):
        raise GeoError(f"site_ids must have the shape ({len(reports)},) of the reports, not {ids.shape}.")
    distance_m = np.hypot(reports.x_m - new.x_m, reports.y_m - new.y_m)
    radius_m = rule.pair_radius_m(reports.accuracy_m, np.asarray(new.accuracy_m))
    anchor_m, reach_m = _from_anchor(new, reports, ids, rule, surveyed or {})
    closed = reports.closed_at_s <= new.reported_at_s
    linked = _comparable(new, reports) & (distance_m <= radius_m) & ~closed & _live(new, reports, rule)
    linked &= (anchor_m <= reach_m) & ~np.isin(ids, list(apart_from))
    rows = np.flatnonzero(linked)
    if way is not None and len(rows):
        to_m = np.column_stack([reports.x_m[rows], reports.y_m[rows]])
        rows = rows[is_short_way(way, np.tile([new.x_m, new.y_m], (len(rows), 1)), to_m, radius_m[rows])]
    if not len(rows):
        return None
    row = int(rows[np.lexsort((rows, ids[rows], distance_m[rows] / np.maximum(radius_m[rows], 1e-9)))[0]])
    return Match(int(ids[row]), row, float(distance_m[row]), float(radius_m[row]), float(anchor_m[row]))


def find_group(new: NewReport, reports: Reports, site_ids: NDArray[np.int64], rules: Rules) -> int | None:
    """Find the open site that a new request belongs to without asking anybody: the id of `find_match`."""
    found = find_match(new, reports, site_ids, rules)
    return None if found is None else found.site_id


def suggest_pairs(
    reports: Reports, rules: Rules, labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Find all pairs of one family that may be the same place and are not in one site: work for triage.

    Parameters
    ----------
    reports
        The requests, n of them.
    rules
        `suggest_m` and the window of every family.
    labels
        Site of each request, int64, shape (n,).

    Returns
    -------
    Row numbers i < j, int64, shape (m, 2), and distances in metres, shape (m,); nearest first.
    """
    found = []
    for rule, rows in families(reports, rules):
        if rule.suggest_m > 0.0:
            pairs = near_pairs_of(reports, rows, rule, rule.suggest_m)
            found.append(pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]])
    pairs = np.concatenate([np.empty((0, 2), dtype=np.int64), *found])
    length_m = distances_m(reports, pairs)
    order = np.lexsort((pairs[:, 1], pairs[:, 0], length_m))
    return pairs[order], length_m[order]


def _comparable(new: NewReport, reports: Reports) -> NDArray[np.bool_]:
    same = np.array([family == new.family for family in reports.family.tolist()], dtype=bool)
    return same & reports.has_position


def _live(new: NewReport, reports: Reports, rule: LinkRule) -> NDArray[np.bool_]:
    if rule.while_open and reports.closing_known:
        return np.ones(len(reports), dtype=bool)
    near = np.abs(new.reported_at_s - reports.reported_at_s) <= rule.window_s
    if rule.same_event and reports.events_known and new.event >= 0:
        near = np.where(reports.event >= 0, reports.event == new.event, near)
    return near


def _from_anchor(
    new: NewReport,
    reports: Reports,
    site_ids: NDArray[np.int64],
    rule: LinkRule,
    surveyed: Mapping[int, tuple[float, float]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure, for each member, how far the new request is from its site, and how far it may be."""
    by_age = np.lexsort((reports.y_m, reports.x_m, reports.reported_at_s))
    names, first, member_of = np.unique(site_ids[by_age], return_index=True, return_inverse=True)
    oldest = by_age[first]
    x_m, y_m, accuracy_m = reports.x_m[oldest], reports.y_m[oldest], reports.accuracy_m[oldest]
    for place, name in enumerate(names.tolist()):
        if name in surveyed:
            (x_m[place], y_m[place]), accuracy_m[place] = surveyed[name], 0.0
    from_m, reach_m = np.empty(len(site_ids)), np.empty(len(site_ids))
    from_m[by_age] = np.hypot(x_m - new.x_m, y_m - new.y_m)[member_of]
    reach_m[by_age] = rule.reach_m(accuracy_m, np.asarray(new.accuracy_m))[member_of]
    return from_m, reach_m
