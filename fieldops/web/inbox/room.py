"""The inbox's blueprint, and whose conversations somebody may open."""

from typing import Any

from flask import Blueprint, url_for
from flask_login import current_user
from werkzeug.wrappers import Response

from fieldops.domain.roles import Right
from fieldops.errors import NotFound
from fieldops.extensions import db
from fieldops.models import Conversation
from fieldops.queries.conversations import get_conversation
from fieldops.queries.users import departments_of

# The rail is the dispatcher's.
from fieldops.web.dispatch.room import desk_context

blueprint = Blueprint("inbox", __name__, url_prefix="/petugas/kotak-masuk")

Answer = Response | tuple[str, int]

ICONS = {
    "whatsapp": "whatsapp",
    "messenger": "facebook",
    "instagram": "instagram",
    "telegram": "telegram",
    "mastodon": "mastodon",
    "matrix": "matrix",
    "email": "mail",
    "sms": "phone-device",
    "x": "megaphone",
}


@blueprint.context_processor
def _around() -> dict[str, Any]:
    """What the desk layout asks for."""
    context = desk_context()
    return context | {"channel_icons": ICONS, "inbox_url": url_for("inbox.conversations")}


def my_departments() -> frozenset[int] | None:
    """Return the departments whose conversations the signed-in official reads; None: all."""
    return departments_of(db.session(), current_user.id, Right.CONVERSE)


def mine_or_not_found(conversation_id: int) -> Conversation:
    """Return a conversation that the signed-in official may read; of others nobody learns that they are."""
    found = get_conversation(db.session(), conversation_id)
    mine = my_departments()
    if mine is not None and found.department_id not in mine and found.assignee_id != current_user.id:
        raise NotFound("There is no such conversation. It may have been deleted.")
    return found
