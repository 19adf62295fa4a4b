"""Work sites: which requests are one place of work."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.clustering.joining import Links, Reach, Rows, components, joined, numbered_by_age
from geo.clustering.neighbours import families, link_components, link_pairs
from geo.clustering.reports import Reports
from geo.clustering.rules import Rules
from geo.clustering.ways import Way
from geo.errors import GeoError

Pairs = Iterable[tuple[int, int]] | NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class WorkSites:
    """Requests grouped to work sites.

    Parameters
    ----------
    labels
        Site of each request, int64, shape (n,), numbered from 0 by the age of the site's oldest request.
    anchors
        Row of each site's oldest request, int64, shape (k,).
    refused
        Pairs that are the same place by the rule and yet lie in two sites, for a chain, a person's decision
        or an accuracy; int64, shape (m, 2), shortest first. Suggest these.
    overruled
        Must-links that contradict a cannot-link (or each other through one) and were not followed.
    """

    labels: NDArray[np.int64]
    anchors: NDArray[np.int64]
    refused: NDArray[np.int64]
    overruled: NDArray[np.int64]


def group_requests(
    x_m: ArrayLike,
    y_m: ArrayLike,
    reported_at_s: ArrayLike,
    family: ArrayLike,
    rules: Rules,
    *,
    accuracy_m: ArrayLike | None = None,
    must_link: Pairs = (),
    cannot_link: Pairs = (),
) -> NDArray[np.int64]:
    """Group requests to work sites and return the site of each: the short way into `find_work_sites`.

    The columns are those of `Reports.of`, the rest those of `find_work_sites`.

    Returns
    -------
    int64, shape (n,), numbered from 0 by the age of each site's oldest request.
    """
    reports = Reports.of(x_m, y_m, reported_at_s, family, accuracy_m=accuracy_m)
    return find_work_sites(reports, rules, must_link=must_link, cannot_link=cannot_link).labels


def find_work_sites(
    reports: Reports,
    rules: Rules,
    *,
    must_link: Pairs = (),
    cannot_link: Pairs = (),
    ids: ArrayLike | None = None,
    limit_chains: bool = True,
    way: Way | None = None,
) -> WorkSites:
    """Group requests to work sites.

    Parameters
    ----------
    reports
        The requests.
    rules
        One rule for every family that occurs.
    must_link, cannot_link
        What people decided: pairs of rows that are, or are not, the same place. They hold at any distance
        and between families. A must-link gives way only to a cannot-link that it contradicts.
    ids
        Distinct whole number of each request, shape (n,). Decides between requests that agree in time and
        place; without it their row does.
    limit_chains
        Demand that each member lies near the site's oldest request: `LinkRule.reach_m`.
    way
        How far it is along roads (`geo.clustering.ways`): a pair that is near only across a river, a railway
        or a wall is not one place. None: the straight line alone counts.

    Returns
    -------
    The sites. They depend on the set of requests, not on the order of rows.

    Raises
    ------
    GeoError
        A family without a rule, a decision about a row that is not there, ids that repeat, or too many
        pairs to hold.
    """
    connected, listed = _found(reports, rules, way)
    links = Links(connected, listed, *_decided(len(reports), must_link, cannot_link))
    return _sites(reports, rules, links, ids, limit_chains)


def join_pairs(
    reports: Reports,
    rules: Rules,
    same_place: Pairs,
    *,
    must_link: Pairs = (),
    cannot_link: Pairs = (),
    bound: Pairs = (),
    ids: ArrayLike | None = None,
) -> WorkSites:
    """Group requests of which it is known which pairs are the same place by the rule (`link_pairs`,
    `LivePairs.links`): `find_work_sites` but for looking for them.

    Parameters
    ----------
    same_place
        Pairs of rows that are the same place by the rule.
    bound
        Pairs of rows that stay together as they are, such as those that a crew is on its way to, although
        nobody decided that they are one place. Only a decision parts them.
    """
    n = len(reports)
    pairs = _checked_pairs("same_place", same_place, n)
    links = Links(
        components(n, pairs),
        lambda among: pairs[among[pairs].all(axis=1)],
        *_decided(n, must_link, cannot_link),
        bound=_checked_pairs("bound", bound, n),
    )
    return _sites(reports, rules, links, ids, limit_chains=True)


def _decided(n: int, must_link: Pairs, cannot_link: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    return _checked_pairs("must_link", must_link, n), _checked_pairs("cannot_link", cannot_link, n)


def _sites(
    reports: Reports, rules: Rules, links: Links, ids: ArrayLike | None, limit_chains: bool
) -> WorkSites:
    rank = _age_rank(reports, ids)
    reach = _reach(reports, rules, limit_chains)
    component, refused = joined(reports.x_m, reports.y_m, rank, reach, links)
    labels = numbered_by_age(component, rank)
    by_age = np.argsort(rank)
    anchors = by_age[np.unique(labels[by_age], return_index=True)[1]]
    return WorkSites(
        labels=labels,
        anchors=anchors,
        refused=_apart(reports, labels, refused),
        overruled=_apart(reports, labels, links.must_link),
    )


def _found(
    reports: Reports, rules: Rules, way: Way | None
) -> tuple[NDArray[np.int64], Callable[[Rows], NDArray[np.int64]]]:
    """Return the components that the rule makes, and a way to list the pairs behind them."""
    if way is None:
        return link_components(reports, rules), lambda among: link_pairs(reports, rules, among)
    pairs = link_pairs(reports, rules, way=way)
    return components(len(reports), pairs), lambda among: pairs[among[pairs].all(axis=1)]


def _reach(reports: Reports, rules: Rules, limit_chains: bool) -> Reach:
    accuracy_m = np.nan_to_num(reports.accuracy_m, nan=0.0)
    if not limit_chains:
        return Reach(np.full(len(reports), np.inf), accuracy_m)
    cap_m = np.zeros(len(reports))
    for rule, rows in families(reports, rules):
        cap_m[rows] = rule.auto_link_m
        unknown = rows[np.isnan(reports.accuracy_m[rows])]
        accuracy_m[unknown] = rule.default_accuracy_m or 0.0
    return Reach(cap_m, accuracy_m)


def _age_rank(reports: Reports, ids: ArrayLike | None) -> NDArray[np.int64]:
    n = len(reports)
    number = np.arange(n) if ids is None else np.asarray(ids)
    if number.shape != (n,) or len(np.unique(number)) != n:
        raise GeoError(f"ids must be {n} distinct numbers, one for each request.")
    rank = np.empty(n, dtype=np.int64)
    by_age = np.argsort(reports.reported_at_s, kind="stable")
    if (np.diff(reports.reported_at_s[by_age]) == 0.0).any():
        by_age = np.lexsort((number, reports.y_m, reports.x_m, reports.reported_at_s))
    rank[by_age] = np.arange(n)
    return rank


def _checked_pairs(name: str, pairs: Pairs, n: int) -> NDArray[np.int64]:
    found = np.asarray(pairs if isinstance(pairs, np.ndarray) else list(pairs), dtype=np.int64).reshape(-1, 2)
    outside = (found < 0) | (found >= n)
    if outside.any():
        a, b = found[np.argmax(outside.any(axis=1))]
        raise GeoError(f"{name}: the pair ({a}, {b}) names a row that is not there; there are {n}.")
    same = found[:, 0] == found[:, 1]
    if same.any():
        raise GeoError(f"{name}: a pair names row {found[same][0, 0]} twice.")
    return found


def _apart(reports: Reports, labels: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    i, j = pairs[labels[pairs[:, 0]] != labels[pairs[:, 1]]].T
    order = np.lexsort((j, i, np.hypot(reports.x_m[i] - reports.x_m[j], reports.y_m[i] - reports.y_m[j])))
    return np.column_stack([i, j])[order]
