"""Cause and effect as the pages of clusters and orders show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from fieldops.models import Cluster, Service, WorkOrder
from fieldops.operations.link_causes import CauseLink
from fieldops.queries.services import services_by_id
from fieldops.queries.work_orders import open_orders_of


@dataclass(frozen=True)
class ShownCause:
    """A link of cause and effect with what a page says of both."""

    link: CauseLink
    services: tuple[Service, Service]
    orders: tuple[WorkOrder | None, WorkOrder | None]


def shown_causes(session: Session, links: list[CauseLink]) -> list[ShownCause]:
    """Return links with the services and the open orders of their cause and effect."""
    services = services_by_id(session)
    return [
        ShownCause(
            link,
            (services[link.cause.service_id], services[link.effect.service_id]),
            (_open_order(session, link.cause), _open_order(session, link.effect)),
        )
        for link in links
    ]


def _open_order(session: Session, cluster: Cluster) -> WorkOrder | None:
    return next(iter(open_orders_of(session, cluster.id)), None)


def undoers(links: Sequence[CauseLink]) -> set[int | None]:
    """Return who said of some of them that they are, or are not, cause and effect."""
    return {said.user_id for link in links for said in (link.undone, link.tied) if said is not None}
