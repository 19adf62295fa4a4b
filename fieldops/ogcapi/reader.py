"""Who asks: everybody, or a member of staff by a token in the address or in the header."""

from dataclasses import dataclass
from typing import Any, Final

import structlog
from flask import current_app, request, url_for

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.errors import FieldOpsError, NotFound
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.ogcapi.errors import WrongToken
from fieldops.operations.note_token_use import note_token_use
from fieldops.queries.api_tokens import TokenHolder, token_holder
from fieldops.queries.features.layer import Layer, Scene
from fieldops.queries.features.offered import layers_for
from fieldops.transaction import transaction

BEARER: Final = "bearer "

log = structlog.get_logger("ogcapi")


@dataclass(frozen=True)
class Reader:
    """Whoever asks. `token` is the one in the address, empty without; links repeat it."""

    token: str
    is_staff: bool
    roles: frozenset[Role]
    scene: Scene
    layers: dict[str, Layer]

    def layer(self, layer_id: str) -> Layer:
        """Return a collection.

        Raises
        ------
        NotFound
            There is none, or this reader may not know of it: one sentence for both.
        """
        if layer_id not in self.layers:
            raise NotFound("There is no collection “%(name)s”.", name=layer_id[:40])
        return self.layers[layer_id]

    def address(self, endpoint: str, **values: Any) -> str:
        """Return the full address of a page of this service, with the token that its reader came by."""
        held = {"token": self.token} if self.token else {}
        return url_for(f"ogcapi.{endpoint}", _external=True, **held, **values)

    @property
    def home(self) -> str:
        """The address that all others begin with, with a slash at its end."""
        return self.address("landing")


def installation() -> Installation:
    """Return this application's installation."""
    found: Installation = current_app.extensions["fieldops"]
    return found


def who_asks(token: str) -> Reader:
    """Return the reader of this request.

    Parameters
    ----------
    token
        The one in the address, empty without.

    Raises
    ------
    NotFound
        The address holds a token that is none, or none any more: like any address that does not exist.
    WrongToken
        The header holds such a one.
    """
    holder = _holder(token)
    roles = holder.roles if holder else frozenset()
    place = installation()
    scene = Scene(clock.now(), place.city, place.settings.map_least)
    if holder:
        _note_use(holder, scene)
    return Reader(token, holder is not None, roles, scene, layers_for(roles, scene))


def _holder(token: str) -> TokenHolder | None:
    if token:
        holder = token_holder(db.session(), token)
        if holder is None:
            raise NotFound("There is no such page. It may have moved, or the address is mistyped.")
        return holder
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    sent = header[len(BEARER) :].strip() if header[: len(BEARER)].lower() == BEARER else ""
    holder = token_holder(db.session(), sent) if sent else None
    if holder is None:
        raise WrongToken
    return holder


def _note_use(holder: TokenHolder, scene: Scene) -> None:
    today = scene.day(scene.now)
    if holder.last_used_on == today:
        return
    try:
        with transaction() as session:
            note_token_use(session, holder.token_id, today)
    except FieldOpsError:  # somebody else writes; the next request notes it
        log.info("the use of a token was not noted")
