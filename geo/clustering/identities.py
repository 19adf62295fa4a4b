"""Numbers of sites that keep their meaning when sites grow, join and split."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError

NO_SITE = -1


@dataclass(frozen=True, slots=True, eq=False)
class Identities:
    """Sites' ids after a regrouping.

    Parameters
    ----------
    site_ids
        Id of each request's site, int64, shape (n,).
    redirects
        Ids that ended in a join, and the id that goes on in their place.
    split_from
        New ids that are parts of an old site, and the old id.
    next_id
        First id that is still free.
    """

    site_ids: NDArray[np.int64]
    redirects: Mapping[int, int]
    split_from: Mapping[int, int]
    next_id: int


def assign_identities(
    old_ids: ArrayLike,
    new_labels: ArrayLike,
    reported_at_s: ArrayLike,
    *,
    next_id: int,
    with_job: Collection[int] = (),
    job_rows: Mapping[int, int] | None = None,
) -> Identities:
    """Give regrouped sites their ids.

    Parameters
    ----------
    old_ids
        Site of each request before, int64, shape (n,); −1 for none. Ids are given in rising order, so of
        two the lower is the older.
    new_labels
        Group of each request now, int64, shape (n,), as `find_work_sites` numbers them.
    reported_at_s
        Seconds, shape (n,): a site's oldest request is its anchor.
    next_id
        First id never used; more than every old id.
    with_job
        Old ids that have a job (a work order).
    job_rows
        Row at which a site's job is to be done, where it is known. Else the anchor stands for the site.

    Returns
    -------
    Join: the id with a job wins, then the older; the others redirect to it. Split: the part that holds the
    job's row, else the anchor, keeps the id; the other parts get new ids. New ids are given in the order of
    each group's oldest request.

    Raises
    ------
    GeoError
        Columns of unequal length, or a `next_id` that is not above every old id.
    """
    old, labels = np.asarray(old_ids, dtype=np.int64), np.asarray(new_labels, dtype=np.int64)
    time_s = np.asarray(reported_at_s, dtype=np.float64)
    if not old.shape == labels.shape == time_s.shape or old.ndim != 1:
        raise GeoError(
            f"The columns must be equally long, not {old.shape}, {labels.shape} and {time_s.shape}."
        )
    if next_id <= old.max(initial=-1):
        raise GeoError(f"next_id is {next_id}, but the id {old.max()} is already in use.")
    by_age = np.argsort(time_s, kind="stable")
    claims = _claims(old, labels, by_age, job_rows or {})
    jobs = set(with_job)
    id_of: dict[int, int] = {}
    redirects: dict[int, int] = {}
    split_from: dict[int, int] = {}
    for label in dict.fromkeys(labels[by_age].tolist()):
        claimed = sorted(claims.get(label, ()), key=lambda old_id: (old_id not in jobs, old_id))
        if claimed:
            id_of[label] = claimed[0]
            redirects.update(dict.fromkeys(claimed[1:], claimed[0]))
            continue
        id_of[label] = next_id
        origin = _most_common(old[labels == label])
        if origin is not None:
            split_from[next_id] = origin
        next_id += 1
    site_ids = np.array([id_of[label] for label in labels.tolist()], dtype=np.int64)
    return Identities(site_ids, redirects, split_from, next_id)


def _claims(
    old: NDArray[np.int64], labels: NDArray[np.int64], by_age: NDArray[np.int64], job_rows: Mapping[int, int]
) -> dict[int, list[int]]:
    holders: dict[int, int] = {}
    for row in by_age[old[by_age] >= 0].tolist():
        holders.setdefault(int(old[row]), row)
    held = {old_id: row for old_id, row in job_rows.items() if 0 <= row < len(old) and old[row] == old_id}
    holders.update(held)
    claims: dict[int, list[int]] = {}
    for old_id, row in holders.items():
        claims.setdefault(int(labels[row]), []).append(old_id)
    return claims


def _most_common(old_ids: NDArray[np.int64]) -> int | None:
    known, count = np.unique(old_ids[old_ids >= 0], return_counts=True)
    return int(known[np.argmax(count)]) if len(known) else None
