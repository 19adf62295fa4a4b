"""Who may do what. Roles are few and named; what a role may do is written here once."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """A member of staff's part."""

    CREW_LEADER = "crew_leader"
    DISPATCHER = "dispatcher"
    OFFICER = "officer"
    HEAD = "head"
    ENGINEER = "engineer"
    ADMIN = "admin"


class Actor(StrEnum):
    """Who moves a thing: a role, or one without an account."""

    CREW_LEADER = Role.CREW_LEADER.value
    DISPATCHER = Role.DISPATCHER.value
    OFFICER = Role.OFFICER.value
    HEAD = Role.HEAD.value
    ENGINEER = Role.ENGINEER.value
    ADMIN = Role.ADMIN.value
    REPORTER = "reporter"
    SYSTEM = "system"


@dataclass(frozen=True)
class By:
    """Who does something: in which part, and with which account if any."""

    actor: Actor
    user_id: int | None = None


THE_SYSTEM: Final = By(Actor.SYSTEM)
THE_REPORTER: Final = By(Actor.REPORTER)

OFFICIALS: Final = frozenset({Actor.DISPATCHER, Actor.OFFICER, Actor.HEAD})
"""*Official* of the state tables."""


class Right(StrEnum):
    """One thing that a page or an operation asks for."""

    SEE_BOARD = "see_board"
    TRIAGE = "triage"
    PLAN = "plan"
    APPROVE = "approve"
    WORK = "work"
    SEE_MAPS = "see_maps"
    ADMINISTER = "administer"
    SEE_CONTACT = "see_contact"
    CONVERSE = "converse"
    KEEP_FIGURES = "keep_figures"
    SURVEY = "survey"
    CONFIRM = "confirm"
    """Say, as a second person, that a repair is good, so that its reports are closed."""


RIGHTS: Final[dict[Role, frozenset[Right]]] = {
    Role.CREW_LEADER: frozenset({Right.WORK, Right.SURVEY}),
    Role.DISPATCHER: frozenset(
        {
            Right.SEE_BOARD,
            Right.TRIAGE,
            Right.PLAN,
            Right.APPROVE,
            Right.SEE_MAPS,
            Right.SEE_CONTACT,
            Right.CONVERSE,
            Right.CONFIRM,
        }
    ),
    Role.OFFICER: frozenset(
        {Right.SEE_BOARD, Right.TRIAGE, Right.SEE_CONTACT, Right.CONVERSE, Right.CONFIRM}
    ),
    Role.HEAD: frozenset(
        {
            Right.SEE_BOARD,
            Right.TRIAGE,
            Right.SEE_MAPS,
            Right.SEE_CONTACT,
            Right.CONVERSE,
            Right.CONFIRM,
        }
    ),
    Role.ENGINEER: frozenset({Right.SEE_BOARD, Right.SEE_MAPS, Right.KEEP_FIGURES, Right.SURVEY}),
    Role.ADMIN: frozenset({Right.ADMINISTER, Right.SEE_BOARD, Right.SEE_MAPS, Right.KEEP_FIGURES}),
}


def may(roles: frozenset[Role], right: Right) -> bool:
    """Return whether any of `roles` carries `right`."""
    return any(right in RIGHTS[role] for role in roles)
