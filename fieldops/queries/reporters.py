"""The one way to the people behind requests; for operations, the inbox and the admin pages only."""

import json
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from fieldops.models import ChannelPerson, Follower, Reporter, ServiceRequest
from fieldops.queries.clusters import OPEN_CODES
from fieldops.sealing import Sealer


def followers_of(session: Session, request_id: int) -> list[Reporter]:
    """Return everybody who hears of a request and has not been anonymised."""
    return list(
        session.scalars(
            select(Reporter)
            .join(Follower, Follower.reporter_id == Reporter.id)
            .where(Follower.request_id == request_id, Reporter.anonymised_at.is_(None))
            .order_by(Follower.id)
        )
    )


def reporters_by_id(session: Session, reporter_ids: Collection[int]) -> list[Reporter]:
    """Return some reporters; as long as the list is held, each is at hand when asked for by its id."""
    return (
        list(session.scalars(select(Reporter).where(Reporter.id.in_(reporter_ids)))) if reporter_ids else []
    )


def part_of(session: Session, request_id: int, reporter_id: int) -> str | None:
    """Return whether a person is a request's "author" or said "me_too"; None when they do not follow it."""
    return session.scalar(
        select(Follower.part).where(Follower.request_id == request_id, Follower.reporter_id == reporter_id)
    )


def follower_counts(session: Session, request_ids: list[int]) -> dict[int, int]:
    """Return how many people follow each request; a figure, never who."""
    rows = session.execute(
        select(Follower.request_id, func.count())
        .where(Follower.request_id.in_(request_ids))
        .group_by(Follower.request_id)
    )
    return {row[0]: row[1] for row in rows}


def me_too_counts(
    session: Session,
    cluster_ids: Collection[int] | Select[Any],
    statuses: Collection[str] = OPEN_CODES,
) -> dict[int, int]:
    """Return how many people said "me too" to a cluster's requests in some states, the open ones when left
    out; a figure, never who. Of many clusters, give the query for their numbers: databases take some ten
    thousand values at most.
    """
    rows = session.execute(
        select(ServiceRequest.cluster_id, func.count())
        .join(Follower, Follower.request_id == ServiceRequest.id)
        .where(
            ServiceRequest.cluster_id.in_(cluster_ids),
            ServiceRequest.status.in_(statuses),
            Follower.part == "me_too",
        )
        .group_by(ServiceRequest.cluster_id)
    )
    return {cluster_id: count for cluster_id, count in rows if cluster_id is not None}


def reporter_indices(session: Session, request_ids: Select[Any]) -> NDArray[np.int64]:
    """Return, for each report that somebody who can be told is behind, a number that stands for its author
    and for nothing else: 0 for whoever reported most, and so on.

    The numbers come sorted, so that none leads back to its report, and say nothing of who came first.

    Parameters
    ----------
    request_ids
        A query for the numbers of the reports.

    Returns
    -------
    Shape (n,), ascending; may be empty.
    """
    counts = session.scalars(
        select(func.count())
        .select_from(Follower)
        .where(Follower.part == "author", Follower.request_id.in_(request_ids))
        .group_by(Follower.reporter_id)
    ).all()
    return np.repeat(np.arange(len(counts), dtype=np.int64), sorted(counts, reverse=True))


def user_id_of(sealer: Sealer, reporter: Reporter) -> str:
    """Return the channel's own id of a person who wrote by one; empty when they are forgotten."""
    if reporter.contact_sealed is None:
        return ""
    return str(json.loads(sealer.open(reporter.contact_sealed))["user_id"])


def contact_words(sealer: Sealer, reporter: Reporter) -> str:
    """Return how a person is reached, in words: an address, a number, or the channel's id with a name."""
    if reporter.contact_sealed is None:
        return ""
    opened = sealer.open(reporter.contact_sealed)
    if not opened.startswith("{"):
        return opened
    held = json.loads(opened)
    name = sealer.open(reporter.name_sealed) if reporter.name_sealed is not None else ""
    return ", ".join(part for part in (name, held.get("phone") or held["user_id"]) if part)


def shown_names(session: Session, sealer: Sealer, people: Collection[ChannelPerson]) -> dict[int, str]:
    """Return what officials see of who wrote, by the person's id: the last four signs of the channel's id,
    never a number or a handle; empty where they are forgotten.
    """
    rows = session.scalars(select(Reporter).where(Reporter.id.in_([one.reporter_id for one in people])))
    known = {row.id: f"··{user_id_of(sealer, row)[-4:]}" for row in rows if row.contact_sealed is not None}
    return {one.id: known.get(one.reporter_id, "") for one in people}


def is_author(session: Session, request_id: int, person_id: int) -> bool:
    """Return whether a report is that of a person who wrote by a channel."""
    found = session.scalar(
        select(Follower.part)
        .join(ChannelPerson, ChannelPerson.reporter_id == Follower.reporter_id)
        .where(Follower.request_id == request_id, ChannelPerson.id == person_id)
    )
    return found == "author"
