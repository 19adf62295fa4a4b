"""In which of their parts a member of staff acts."""

from typing import Final

from flask_login import current_user

from fieldops.domain.roles import RIGHTS, Actor, By, Right, Role
from fieldops.errors import NotAllowed
from fieldops.extensions import db
from fieldops.queries.users import roles_of

FIRST: Final = (
    Role.DISPATCHER,
    Role.OFFICER,
    Role.HEAD,
    Role.ENGINEER,
    Role.ADMIN,
    Role.CREW_LEADER,
)
"""Who carries several roles acts in the first of these that may do it."""


def my_roles() -> frozenset[Role]:
    """Return the roles of whoever is signed in."""
    return roles_of(db.session(), current_user.id)


def acting(right: Right) -> By:
    """Return the signed-in user in the part that carries `right`.

    Raises
    ------
    NotAllowed
        None of their roles does.
    """
    mine = my_roles()
    for role in FIRST:
        if role in mine and right in RIGHTS[role]:
            return By(Actor(role.value), current_user.id)
    raise NotAllowed("Your role may not do this step.")
