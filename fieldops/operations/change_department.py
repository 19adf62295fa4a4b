"""Departments: adding and changing them."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.models import Department, Service
from fieldops.operations.audit import write_audit


def save_department(
    session: Session, department_id: int | None, *, code: str, name: str, active: bool, by: By
) -> Department:
    """Add a department (without an id) or change one. Its code never changes.

    Raises
    ------
    InvalidInput
        No code or no name.
    Conflict
        The code is taken, or an active service belongs to it.
    """
    if not name:
        raise InvalidInput("This is needed.", field="name")
    if department_id is None:
        if not code:
            raise InvalidInput("This is needed.", field="code")
        if session.scalar(select(Department.id).where(Department.code == code)):
            raise Conflict("The code %(code)s is taken.", field="code", code=code)
        department = Department(code=code, name=name, active=active)
        session.add(department)
    else:
        found = session.get(Department, department_id)
        if found is None:
            raise NotFound("There is no such department.")
        department = found
        if not active and session.scalar(
            select(Service.id).where(Service.department_id == found.id, Service.active.is_(True)).limit(1)
        ):
            raise Conflict(
                "An active kind of report belongs to this department. Move it first.", field="active"
            )
        department.name, department.active = name, active
    session.flush()
    write_audit(session, by, "department_saved", "department", department.id)
    return department
