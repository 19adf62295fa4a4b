"""The way from one stop to the next, street by street, in the reader's words."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fieldops.i18n import _, distance_words
from fieldops.routing.drives import Turn, Way

WORTH_WALKING_M: Final = 30.0
"""A shorter walk from the vehicle goes without saying."""


@dataclass(frozen=True)
class Step:
    """One line of directions: what to do, how far until the next, and an icon's name."""

    words: str
    distance: str
    icon: str


def steps_of(way: Way) -> list[Step]:
    """Return a way's steps; none for an estimate."""
    found = [_step(turn) for turn in way.steps]
    if found and way.walk_m >= WORTH_WALKING_M:
        found.append(Step(_("Walk the last part"), distance_words(way.walk_m), "pin"))
    return found


def _step(turn: Turn) -> Step:
    distance = distance_words(turn.distance_m) if turn.distance_m >= 1 else ""
    if turn.code == "arrive":
        return Step(_arrival(turn), "", "flag")
    if turn.code == "depart":
        return Step(_departure(turn), distance, "nav")
    if turn.code == "roundabout":
        return Step(_roundabout(turn), distance, "refresh")
    return Step(_turning(turn), distance, _icon(turn.code))


def _departure(turn: Turn) -> str:
    towards = compass_words(turn.heading_deg)
    if turn.street and towards:
        return _("Set off %(towards)s along %(street)s", towards=towards, street=turn.street)
    if turn.street:
        return _("Set off along %(street)s", street=turn.street)
    return _("Set off %(towards)s", towards=towards) if towards else _("Set off")


def _arrival(turn: Turn) -> str:
    return _("You are there, on %(street)s", street=turn.street) if turn.street else _("You are there")


def _roundabout(turn: Turn) -> str:
    if turn.exit_number is None:
        return _("Drive into the roundabout")
    if turn.street:
        return _("At the roundabout take exit %(n)s onto %(street)s", n=turn.exit_number, street=turn.street)
    return _("At the roundabout take exit %(n)s", n=turn.exit_number)


def _turning(turn: Turn) -> str:
    if not turn.street:
        return {
            "straight": _("Go straight on"),
            "slight_left": _("Keep to the left"),
            "left": _("Turn left"),
            "sharp_left": _("Turn sharp left"),
            "slight_right": _("Keep to the right"),
            "right": _("Turn right"),
            "sharp_right": _("Turn sharp right"),
            "uturn": _("Turn back"),
        }.get(turn.code, _("Drive on"))
    street = turn.street
    return {
        "straight": _("Go straight on along %(street)s", street=street),
        "slight_left": _("Keep to the left onto %(street)s", street=street),
        "left": _("Turn left onto %(street)s", street=street),
        "sharp_left": _("Turn sharp left onto %(street)s", street=street),
        "slight_right": _("Keep to the right onto %(street)s", street=street),
        "right": _("Turn right onto %(street)s", street=street),
        "sharp_right": _("Turn sharp right onto %(street)s", street=street),
        "uturn": _("Turn back on %(street)s", street=street),
    }.get(turn.code, _("Drive on along %(street)s", street=street))


def _icon(code: str) -> str:
    if code == "uturn":
        return "undo"
    return {"left": "back", "right": "next"}.get(code.rsplit("_", 1)[-1], "up")


def compass_words(heading_deg: float | None) -> str:
    """Return where a heading points, in eight directions; "" when there is none."""
    if heading_deg is None:
        return ""
    names: Sequence[str] = (
        _("to the north"),
        _("to the north-east"),
        _("to the east"),
        _("to the south-east"),
        _("to the south"),
        _("to the south-west"),
        _("to the west"),
        _("to the north-west"),
    )
    return names[round(heading_deg / 45) % 8]
