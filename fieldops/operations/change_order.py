"""Changing what a work order asks for, and ending or freeing it, while no crew has it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from fieldops.domain.estimates import LONGEST_S, MOST_MATERIAL
from fieldops.domain.roles import By
from fieldops.domain.work_order_states import WorkOrderStatus
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Cluster, WorkOrder, WorkOrderDependency
from fieldops.operations.audit import write_audit
from fieldops.operations.open_work_order import append_correction, change_work_order_status
from fieldops.operations.refresh_cluster import refresh_cluster
from fieldops.queries.work_orders import OPEN_ORDER_CODES, get_order, predecessors, waits_for

CHANGEABLE: Final = (
    WorkOrderStatus.DRAFT.value,
    WorkOrderStatus.READY.value,
    WorkOrderStatus.BLOCKED.value,
)


@dataclass(frozen=True)
class OrderChanges:
    """What a dispatcher may set. `material_amount` in the material's unit; `after` are order ids."""

    size: str
    duration_s: int
    material_amount: int
    must_do: bool
    dry_weather: bool
    note: str
    after: tuple[int, ...] = ()


def order_as_shown(session: Session, order_id: int, version: int) -> WorkOrder:
    """Return an order as the page showed it, and mark it changed, so that a second page is stale.

    Raises
    ------
    Conflict
        Somebody else changed it since.
    """
    order = get_order(session, order_id)
    if order.version != version:
        raise Conflict("Somebody else changed this work order in the meantime. This is its state now.")
    flag_modified(order, "note")
    return order


def change_order(session: Session, order_id: int, version: int, changes: OrderChanges, by: By) -> WorkOrder:
    """Set what an order asks for.

    Raises
    ------
    Conflict
        It was changed meanwhile, or a crew has it.
    InvalidInput
        A duration or an amount that cannot be, an unknown order to wait for, or a circle of waiting.
    """
    order = order_as_shown(session, order_id, version)
    require_changeable(order)
    if not 60 <= changes.duration_s <= LONGEST_S:
        raise InvalidInput("The work takes between 1 minute and 8 hours.", field="minutes")
    if not 0 <= changes.material_amount <= MOST_MATERIAL:
        raise InvalidInput(
            "The material is between 0 and %(most)s.", field="material_amount", most=MOST_MATERIAL
        )
    facts: dict[str, list[Any]] = {
        "minutes": [order.duration_s // 60, changes.duration_s // 60],
        "material": [order.material_amount, changes.material_amount],
        "must_do": [order.must_do, changes.must_do],
    }
    different = {key: pair for key, pair in facts.items() if pair[0] != pair[1]}
    if different:
        append_correction(session, order, by, different)
        corrected = {key for key in ("minutes", "material") if key in different}
        order.estimate = order.estimate | {f"{key}_from": "officer" for key in corrected}
    order.size, order.note = changes.size, changes.note
    order.duration_s, order.material_amount = changes.duration_s, changes.material_amount
    order.must_do, order.dry_weather = changes.must_do, changes.dry_weather
    _wait_for(session, order, changes.after)
    write_audit(session, by, "order_changed", "work_order", order.id)
    session.flush()
    return order


def set_must_do(session: Session, order_id: int, version: int, must_do: bool, by: By) -> WorkOrder:
    """Say whether the next plan must do an order.

    Raises
    ------
    Conflict
        It was changed meanwhile, or a crew has it.
    """
    order = order_as_shown(session, order_id, version)
    require_changeable(order)
    if order.must_do != must_do:
        append_correction(session, order, by, {"must_do": [order.must_do, must_do]})
        order.must_do = must_do
        write_audit(session, by, "order_changed", "work_order", order.id)
    session.flush()
    return order


def require_changeable(order: WorkOrder) -> None:
    """Refuse an order that a crew has or that has ended."""
    if order.status not in CHANGEABLE:
        raise Conflict("A crew has this work order or it has ended, so it can no longer be changed.")


def _wait_for(session: Session, order: WorkOrder, after: Collection[int]) -> None:
    held = set(predecessors(session, [order.id]).get(order.id, []))
    for other_id in sorted(set(after) - held):
        if get_order(session, other_id).status not in OPEN_ORDER_CODES:
            raise InvalidInput("An order that has ended cannot be waited for.", field="after")
    if any(waits_for(session, other_id, order.id) for other_id in after):
        raise InvalidInput("These orders would wait for each other in a circle.", field="after")
    session.execute(
        delete(WorkOrderDependency).where(
            WorkOrderDependency.work_order_id == order.id, WorkOrderDependency.after_id.in_(held - set(after))
        )
    )
    session.add_all(
        WorkOrderDependency(work_order_id=order.id, after_id=other_id)
        for other_id in sorted(set(after) - held)
    )


def make_order_ready(session: Session, order_id: int, version: int, by: By) -> WorkOrder:
    """Let a draft be planned."""
    order = order_as_shown(session, order_id, version)
    facts = {"place": True, "duration": True, "skills": True}
    change_work_order_status(session, order, WorkOrderStatus.READY, by, facts=facts)
    return order


def unblock_order(session: Session, order_id: int, version: int, words: str, by: By) -> WorkOrder:
    """Let an order be planned again: the obstacle is gone, and the words say how."""
    order = order_as_shown(session, order_id, version)
    _require_words(words)
    change_work_order_status(
        session, order, WorkOrderStatus.READY, by, words=words, facts={"reason": "unblocked"}
    )
    return order


def cancel_order(session: Session, order_id: int, version: int, words: str, by: By) -> WorkOrder:
    """End an order that will not be done; its reports stay open. The words say why."""
    order = order_as_shown(session, order_id, version)
    _require_words(words)
    change_work_order_status(
        session, order, WorkOrderStatus.CANCELLED, by, words=words, facts={"reason": "cancelled"}
    )
    refresh_cluster(session, session.get_one(Cluster, order.cluster_id))
    return order


def _require_words(words: str) -> None:
    if not words.strip():
        raise InvalidInput("Write why, in a few words.", field="words")
