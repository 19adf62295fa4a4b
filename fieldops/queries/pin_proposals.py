"""Places that crews corrected: what waits for the office, and what a crew's own pages show."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from fieldops.domain.pin_proposals import PinStatus
from fieldops.errors import NotFound
from fieldops.models import Batch, Cluster, Crew, PinProposal, Service, Stop, WorkOrder
from fieldops.models.base import lon_lat


@dataclass(frozen=True)
class ProposalShown:
    """A proposed place with its order, its kind, its cluster and the crew that stands there."""

    proposal: PinProposal
    order: WorkOrder
    service: Service
    cluster: Cluster
    crew: Crew


def get_proposal(session: Session, proposal_id: int) -> ProposalShown:
    """Return a proposal or raise NotFound."""
    row = session.execute(_shown().where(PinProposal.id == proposal_id)).first()
    if row is None:
        raise NotFound("There is no such correction of a place.")
    return ProposalShown(*row)


def proposal_by_key(session: Session, client_key: str) -> PinProposal | None:
    """Return the proposal that a form's key made."""
    return session.scalar(select(PinProposal).where(PinProposal.client_key == client_key))


def waiting_proposals(session: Session) -> list[ProposalShown]:
    """Return the proposals that nobody decided, oldest first."""
    rows = _shown().where(PinProposal.status == PinStatus.PROPOSED.value).order_by(PinProposal.id)
    return [ProposalShown(*row) for row in session.execute(rows)]


def proposals_of(session: Session, order_ids: Collection[int]) -> dict[int, PinProposal]:
    """Return the newest proposal of each of these orders."""
    rows = session.scalars(
        select(PinProposal).where(PinProposal.work_order_id.in_(list(order_ids))).order_by(PinProposal.id)
    )
    return {row.work_order_id: row for row in rows}


def place_for_crew(order: WorkOrder, proposal: PinProposal | None) -> tuple[float, float]:
    """Return where an order's crew sees it: at its own correction while that waits, else at its place."""
    waits = proposal is not None and proposal.status == PinStatus.PROPOSED.value
    return lon_lat(proposal.place if proposal is not None and waits else order.place)


def open_proposals_of(session: Session, order_id: int) -> list[PinProposal]:
    """Return an order's proposals that nobody decided."""
    return list(
        session.scalars(
            select(PinProposal).where(
                PinProposal.work_order_id == order_id, PinProposal.status == PinStatus.PROPOSED.value
            )
        )
    )


def _shown() -> Select[*tuple[Any, ...]]:
    return (
        select(PinProposal, WorkOrder, Service, Cluster, Crew)
        .join(WorkOrder, WorkOrder.id == PinProposal.work_order_id)
        .join(Service, Service.id == WorkOrder.service_id)
        .join(Cluster, Cluster.id == WorkOrder.cluster_id)
        .join(Stop, Stop.id == PinProposal.stop_id)
        .join(Batch, Batch.id == Stop.batch_id)
        .join(Crew, Crew.id == Batch.crew_id)
    )
