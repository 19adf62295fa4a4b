"""The demonstration's logins, one a role and one a crew. They exist in a demonstration only."""

from typing import Final, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import Role
from fieldops.models import Crew
from fieldops.operations.change_user import add_user


class Login(NamedTuple):
    """What a visitor signs in with."""

    login: str
    password: str
    role: Role
    name: str


PASSWORD: Final = "kota-contoh-2026"  # noqa: S105  printed on the sign-in page of a demonstration

DEMO_SOURCE: Final = "demo"
"""Where the demonstration's requests say they came from."""

LOGINS: Final = (
    Login("regu", PASSWORD, Role.CREW_LEADER, "Slamet (Sapu Lubang 1)"),
    Login("dispatcher", PASSWORD, Role.DISPATCHER, "Dimas"),
    Login("petugas", PASSWORD, Role.OFFICER, "Ratri"),
    Login("kepala", PASSWORD, Role.HEAD, "Ibu Kepala Dinas"),
    Login("insinyur", PASSWORD, Role.ENGINEER, "Wulan"),
    Login("admin", PASSWORD, Role.ADMIN, "Admin"),
)


def add_logins(session: Session) -> dict[str, int]:
    """Make the accounts and let each crew have its leader.

    Returns
    -------
    The leader's user id by the crew's letter.
    """
    users = {
        login.login: add_user(
            session, login=login.login, name=login.name, password=login.password, roles=[login.role], by=None
        )
        for login in LOGINS
    }
    leaders: dict[str, int] = {}
    for crew in session.scalars(select(Crew).order_by(Crew.letter)):
        letter = crew.letter.lower()
        leader = users["regu"] if crew.letter == "A" else add_user(
            session, login=f"regu-{letter}", name=f"Kepala {crew.name}", password=PASSWORD,
            roles=[Role.CREW_LEADER], by=None,
        )  # fmt: skip
        crew.leader_id, leaders[crew.letter] = leader.id, leader.id
    session.flush()
    return leaders
