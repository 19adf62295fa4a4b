"""The citizens' blueprint, and what all their pages show."""

from typing import Any

from flask import Blueprint, request, url_for

from fieldops.i18n import _

blueprint = Blueprint("citizen", __name__)

FAMILY_ICONS = {"road": "hole", "drain": "drain", "water": "flood", "cover": "cover"}


def family_words() -> dict[str, str]:
    """Return the families of services in the reader's words."""
    return {
        "road": _("Road"),
        "drain": _("Drain"),
        "water": _("Standing water"),
        "cover": _("Drain cover"),
    }


@blueprint.context_processor
def ways() -> dict[str, Any]:
    """Give every page of this room its tabs."""
    tabs = (
        ("citizen.home", _("Home"), "pin"),
        ("citizen.map_page", _("Map"), "map"),
        ("citizen.report", _("Report"), "camera"),
        ("citizen.track", _("Track"), "search"),
    )
    return {
        "nav_items": [
            {"url": url_for(endpoint), "label": label, "icon": icon, "current": request.endpoint == endpoint}
            for endpoint, label, icon in tabs
        ],
    }
