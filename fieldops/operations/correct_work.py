"""Setting figures of work right: an order's by what finished jobs say, a finished job's by what was so."""

from sqlalchemy.orm import Session

from fieldops.domain.estimates import LONGEST_S, MOST_MATERIAL
from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput
from fieldops.models import Service, WorkOrder
from fieldops.operations.audit import write_audit
from fieldops.operations.change_order import order_as_shown, require_changeable
from fieldops.operations.estimate_work import estimate_work
from fieldops.operations.open_work_order import append_correction
from fieldops.queries.finished_work import used_of


def take_estimate(session: Session, order_id: int, version: int, by: By) -> WorkOrder:
    """Set an order's minutes and material to what finished jobs say today.

    Raises
    ------
    Conflict
        It was changed meanwhile, or a crew has it.
    """
    order = order_as_shown(session, order_id, version)
    require_changeable(order)
    found = estimate_work(session, session.get_one(Service, order.service_id), order.severity)
    different = {
        key: pair
        for key, pair in {
            "minutes": [order.duration_s // 60, found.duration_s // 60],
            "material": [order.material_amount, found.material_amount],
        }.items()
        if pair[0] != pair[1]
    }
    if different:
        append_correction(session, order, by, different)
    order.duration_s, order.material_amount = found.duration_s, found.material_amount
    order.estimate = order.estimate | found.as_facts()
    write_audit(session, by, "order_estimated", "work_order", order.id)
    session.flush()
    return order


def correct_used(
    session: Session, order_id: int, version: int, minutes: int, material: int, by: By
) -> WorkOrder:
    """Set right what a finished order took, since estimates learn from it. What was said before is kept.

    Raises
    ------
    Conflict
        It was changed meanwhile, or is not done.
    InvalidInput
        Minutes or material that cannot be.
    """
    order = order_as_shown(session, order_id, version)
    if order.status != "done":
        raise Conflict("Only of finished work is it known what it took.")
    if not 1 <= minutes <= LONGEST_S // 60:
        raise InvalidInput("The work takes between 1 minute and 8 hours.", field="minutes")
    if not 0 <= material <= MOST_MATERIAL:
        raise InvalidInput(
            "The material is between 0 and %(most)s.", field="material_amount", most=MOST_MATERIAL
        )
    before = used_of(session, order.id)
    changed = {"minutes": [before[0] if before[0] is not None else "–", minutes]}
    if order.material != "none":
        changed["material"] = [before[1] if before[1] is not None else "–", material]
    append_correction(session, order, by, changed, minutes=minutes, material=material)
    write_audit(session, by, "used_corrected", "work_order", order.id)
    session.flush()
    return order
