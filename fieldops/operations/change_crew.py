"""Crews and depots: adding and changing them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By, Role
from fieldops.errors import Conflict, InvalidInput, NotFound
from fieldops.installation import Installation
from fieldops.models import Crew, Department, Depot, UserRole
from fieldops.models.base import as_point
from fieldops.operations.audit import write_audit
from fieldops.operations.submit_request import check_coordinates

LETTER: Final = re.compile(r"[A-Z]")


@dataclass(frozen=True)
class CrewFacts:
    """What is known of a crew. `capacity` maps a material's code to what the vehicle carries of it."""

    letter: str
    name: str
    department_id: int
    depot_id: int
    leader_id: int | None
    skills: tuple[str, ...]
    capacity: Mapping[str, int]
    active: bool


def save_crew(session: Session, crew_id: int | None, facts: CrewFacts, by: By) -> Crew:
    """Add a crew (without an id) or change one.

    Raises
    ------
    NotFound
        There is no such crew.
    InvalidInput
        A name, letter, skill, depot or department is missing, or the leader is no crew leader.
    Conflict
        The letter or the name is taken.
    """
    _check(session, facts)
    _require_free(session, crew_id, facts)
    crew = session.get(Crew, crew_id) if crew_id is not None else Crew()
    if crew is None:
        raise NotFound("There is no such crew.")
    crew.letter, crew.name = facts.letter, facts.name
    crew.department_id, crew.depot_id, crew.leader_id = facts.department_id, facts.depot_id, facts.leader_id
    crew.skills, crew.capacity, crew.active = list(facts.skills), dict(facts.capacity), facts.active
    session.add(crew)
    session.flush()
    write_audit(session, by, "crew_saved", "crew", crew.id)
    return crew


def _check(session: Session, facts: CrewFacts) -> None:
    if not LETTER.fullmatch(facts.letter):
        raise InvalidInput("A crew's letter is one of A to Z.", field="letter")
    if not facts.name:
        raise InvalidInput("This is needed.", field="name")
    if not facts.skills:
        raise InvalidInput("Choose at least one skill.", field="skills")
    if session.get(Depot, facts.depot_id) is None:
        raise InvalidInput("Choose a depot.", field="depot_id")
    if session.get(Department, facts.department_id) is None:
        raise InvalidInput("Choose a department.", field="department_id")
    leads = select(UserRole.id).where(
        UserRole.user_id == facts.leader_id, UserRole.role == Role.CREW_LEADER.value
    )
    if facts.leader_id is not None and session.scalar(leads.limit(1)) is None:
        raise InvalidInput("Choose somebody with the role of crew leader.", field="leader_id")


def _require_free(session: Session, crew_id: int | None, facts: CrewFacts) -> None:
    others = select(Crew.id) if crew_id is None else select(Crew.id).where(Crew.id != crew_id)
    if session.scalar(others.where(Crew.letter == facts.letter)):
        raise Conflict("The letter %(letter)s is taken.", field="letter", letter=facts.letter)
    if session.scalar(others.where(Crew.name == facts.name)):
        raise Conflict("There is a crew named %(name)s already.", field="name", name=facts.name)


def save_depot(
    session: Session,
    installation: Installation,
    depot_id: int | None,
    name: str,
    lon: float,
    lat: float,
    by: By,
) -> Depot:
    """Add a depot (without an id) or change one; its point in degrees.

    Raises
    ------
    InvalidInput, OutOfArea
        No name, or a point that cannot be.
    Conflict
        The name is taken.
    """
    if not name:
        raise InvalidInput("This is needed.", field="name")
    lon, lat = check_coordinates(lon, lat, installation)
    taken = session.scalar(select(Depot.id).where(Depot.name == name))
    if taken is not None and taken != depot_id:
        raise Conflict("There is a depot named %(name)s already.", field="name", name=name)
    depot = session.get(Depot, depot_id) if depot_id is not None else Depot()
    if depot is None:
        raise NotFound("There is no such depot.")
    depot.name, depot.place = name, as_point(lon, lat)
    session.add(depot)
    session.flush()
    write_audit(session, by, "depot_saved", "depot", depot.id)
    return depot
