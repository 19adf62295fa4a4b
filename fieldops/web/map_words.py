"""What a map drawn from tiles says, in the reader's language: its script owns no words."""

import json
from collections.abc import Mapping
from typing import Final

from flask import url_for

from fieldops import i18n
from fieldops.domain.map_groups import MapGroup
from fieldops.extensions import db
from fieldops.i18n import _
from fieldops.queries.services import services_by_id
from fieldops.web.words import MAP_GROUP, SEVERITY

CHOICES: Final[Mapping[str, tuple[MapGroup, ...]]] = {
    "unfinished": (MapGroup.OPEN, MapGroup.IN_PROGRESS),
    "repaired": (MapGroup.REPAIRED,),
}
"""What pages offer of states, beside all of them."""

LOCALES: Final = {"id": "id", "en": "en-GB"}
"""Whose figures and dates a browser writes, by language."""

Named = tuple[str, str, str]


def map_services() -> dict[str, Named]:
    """Return family, icon and name of each service by code; `other` is always among them."""
    language = i18n.language()
    held = {
        one.code: (one.family, one.icon, one.name(language)) for one in services_by_id(db.session()).values()
    }
    return {"other": ("other", "other", _("Other")), **held}


def codes_of(family: str) -> str:
    """Return the codes of a family's services as an address lists them."""
    return ",".join(sorted(code for code, held in map_services().items() if held[0] == family))


def map_said(groups: Mapping[str, str] | None = None, cluster: str = "") -> str:
    """Return all words of a map, as JSON: of reports, or of what has other `groups` and bubbles of other
    words, with {n} in them.
    """
    words = {
        "language": LOCALES[i18n.language()],
        "services": map_services(),
        "groups": dict(groups or {group.value: MAP_GROUP[group]() for group in MapGroup})
        | {f"severity:{number}": SEVERITY[number]() for number in SEVERITY},
        "choices": {name: ",".join(groups) for name, groups in CHOICES.items()},
        "cluster": cluster or _("{n} reports"),
        "below": _("Fewer than {n} reports"),
    }
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def tiles_url(endpoint: str = "tiles.public_tile") -> str:
    """Return the address of tiles with {z}, {x} and {y} in it."""
    return url_for(endpoint, zoom=0, x=0, y=0).replace("0/0/0", "{z}/{x}/{y}")
