"""The dispatcher's room: its blueprint, its way around, and who works in it."""

from typing import Any, Final

from flask import Blueprint, current_app, flash, request, url_for
from flask_login import current_user

from fieldops.domain.roles import Right, may
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.queries.base_map import base_map_version
from fieldops.queries.help_calls import open_calls
from fieldops.web.acting import my_roles
from fieldops.web.words import ROLE

blueprint = Blueprint("dispatch", __name__, url_prefix="/petugas")


@blueprint.context_processor
def _around() -> dict[str, Any]:
    """What the desk layout asks for."""
    return desk_context()


def desk_context() -> dict[str, Any]:
    """Return the rail, the person's name and roles, and where the search is."""
    if not current_user.is_authenticated:
        return {}
    roles = my_roles()
    return {
        "nav_items": nav_items(),
        "person_name": current_user.name,
        "role_words": ", ".join(ROLE[role.value]() for role in sorted(roles)),
        "search_url": url_for("dispatch.request_list"),
        "home_url": url_for("dispatch.board"),
        "closures_url": url_for("dispatch.closures_drawn"),
    }


STATISTICS: Final = ("engineer.hotspot", "engineer.analys")
"""What the endpoints of maps of hotspots and of analyses begin with."""


def nav_items() -> list[dict[str, Any]]:
    """Return the ways that the signed-in person may go."""
    roles = my_roles()
    ways = [
        (Right.CONVERSE, "inbox.conversations", _("Inbox"), "inbox", ("inbox.",)),
        (Right.SEE_BOARD, "dispatch.board", _("Board"), "triage", ("dispatch.cluster", "dispatch.order")),
        (Right.PLAN, "dispatch.plan", _("Plan the day"), "route", ("dispatch.plan",)),
        (Right.SEE_BOARD, "dispatch.today", _("Today"), "chart", ("dispatch.batch",)),
        (Right.SEE_BOARD, "dispatch.closures", _("Closed roads"), "barrier", ("dispatch.closure",)),
        (Right.SEE_BOARD, "dispatch.exceptions", _("Exceptions"), "warning", ()),
        (Right.SEE_BOARD, "dispatch.request_list", _("Reports"), "list", ("dispatch.request",)),
        (Right.SEE_MAPS, "engineer.map", _("Maps"), "layers", ()),
        (Right.SEE_MAPS, "engineer.hotspots", _("Hotspots"), "hexagon", STATISTICS),
        (
            Right.SEE_MAPS,
            "engineer.segments",
            _("Segments"),
            "road",
            ("engineer.segment", "engineer.priorit", "engineer.evaluation"),
        ),
        (Right.ADMINISTER, "admin.users", _("Admin"), "settings", ("admin.",)),
    ]
    here = request.endpoint or ""
    calling = open_calls(db.session()) if may(roles, Right.SEE_BOARD) else 0
    return [
        {
            "endpoint": endpoint,
            "label": label,
            "icon": icon,
            "badge": calling if endpoint == "dispatch.today" else 0,
            "current": here == endpoint or (bool(under) and here.startswith(under)),
        }
        for right, endpoint, label, icon, under in ways
        if may(roles, right) and endpoint in current_app.view_functions
    ]


def offer_undo(text: str, action: str, fields: dict[str, Any]) -> None:
    """Show a toast whose button posts `fields` to `action`."""
    # The toast macro reads mappings; Flask's annotation knows words only.
    flash({"text": text, "undo_action": action, "undo_fields": fields}, "success")  # type: ignore[arg-type]


def base_map_url() -> str:
    """Return where maps get the city's streets and areas."""
    return url_for("citizen.base", v=base_map_version(db.session()))
