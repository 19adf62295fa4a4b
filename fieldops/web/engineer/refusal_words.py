"""Why there is no map and no figure: what was found, and what is needed."""

from collections.abc import Mapping
from typing import Any, Final

from fieldops import i18n
from fieldops.i18n import _
from fieldops.web.words import Said

REFUSALS: Final[Mapping[str, Said]] = {
    "cells": lambda: _("The area has %(found)s cells; at least %(needed)s are needed. Choose smaller cells."),
    "nonzero_cells": lambda: _(
        "Only %(found)s cells hold any report; at least %(needed)s are needed. Choose a longer period or "
        "larger cells."
    ),
    "complaints": lambda: _(
        "There are %(found)s reports; at least %(needed)s are needed. Choose a longer period or more kinds."
    ),
    "variance": lambda: _("Every cell has the same figure, so no place stands out."),
    "steps": lambda: _(
        "There are %(found)s whole steps; at least %(needed)s are needed. Choose a longer period or shorter "
        "steps."
    ),
    "holes": lambda: _("%(found)s steps have no data at all; at most %(needed)s may be missing."),
    "exposure": lambda: _(
        "No cell has enough of what is divided by: the most is %(found)s, %(needed)s is needed."
    ),
    "points": lambda: _("There are %(found)s reports; at least %(needed)s are needed for a density."),
    "places": lambda: _("All reports lie on one place; at least %(needed)s places are needed."),
    "days": lambda: _(
        "Rain and reports are both known on %(found)s days; at least %(needed)s are needed. Choose a longer "
        "period, or upload more rain."
    ),
    "rain_days": lambda: _(
        "There are %(found)s days with 1 mm of rain or more; at least %(needed)s are needed. Choose a longer "
        "or a wetter period."
    ),
    "wet_days": lambda: _("There are %(found)s wet days; at least %(needed)s are needed."),
    "dry_days": lambda: _("There are %(found)s dry days; at least %(needed)s are needed."),
    "dry_complaints": lambda: _(
        "There are %(found)s reports on dry days; at least %(needed)s is needed for a ratio."
    ),
    "first_events": lambda: _(
        "There are %(found)s reports of road damage; at least %(needed)s are needed. Choose a longer period."
    ),
    "second_events": lambda: _(
        "There are %(found)s reports of water; at least %(needed)s are needed. Choose a longer period."
    ),
    "period": lambda: _("The period is %(found)s days long; at least %(needed)s are needed."),
    "pairs": lambda: _(
        "Only %(found)s pairs lie near each other in place and time; at least %(needed)s are needed. "
        "Choose a "
        "longer period."
    ),
    "repairs": lambda: _(
        "There are %(found)s finished repairs; at least %(needed)s are needed. Choose a longer period."
    ),
    "areas": lambda: _("There are %(found)s kelurahan with figures; at least %(needed)s are needed."),
    "earlier_reports": lambda: _(
        "The period before, of the same length, has %(found)s reports to compare with; at least "
        "%(needed)s is "
        "needed."
    ),
    "people": lambda: _("The reports come from %(found)s people; at least %(needed)s are needed."),
    "stopped": lambda: _("The computation did not end and was stopped twice."),
}


def refusal_words(refusal: Mapping[str, Any]) -> str:
    """Return why there is no map, with what was found and what is needed."""
    said = REFUSALS.get(refusal.get("need", ""))
    if said is None:
        return str(_(refusal.get("words", "")) if refusal.get("words") else "")
    found, needed = refusal.get("found", 0), refusal.get("needed", 0)
    return said() % {"found": i18n.number(found), "needed": i18n.number(needed)}
