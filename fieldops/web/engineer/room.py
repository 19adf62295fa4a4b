"""The engineers' room: its blueprint and its way around."""

from typing import Any

from flask import Blueprint, current_app, url_for

from fieldops.web.dispatch.room import desk_context

blueprint = Blueprint("engineer", __name__, url_prefix="/insinyur")


@blueprint.context_processor
def _around() -> dict[str, Any]:
    """What the desk layout asks for."""
    around = desk_context()
    if around and "engineer.map" in current_app.view_functions:
        around["home_url"] = url_for("engineer.map")
    return around
