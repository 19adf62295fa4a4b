"""OSRM's manoeuvres as our turns."""

from collections.abc import Sequence
from typing import Any, Final

from fieldops.routing.drives import Turn

MODIFIERS: Final = {
    "uturn": "uturn",
    "sharp right": "sharp_right",
    "right": "right",
    "slight right": "slight_right",
    "straight": "straight",
    "slight left": "slight_left",
    "left": "left",
    "sharp left": "sharp_left",
}
ROUNDABOUTS: Final = ("roundabout", "rotary")
LEAVING: Final = ("exit roundabout", "exit rotary")
SAME_WAY: Final = ("new name", "notification", "use lane")
"""Nothing to decide: the street goes on, perhaps under another name."""


def turns_of(steps: Sequence[dict[str, Any]]) -> tuple[Turn, ...]:
    """Return a route's steps as turns; leaving a roundabout belongs to entering it.

    Raises
    ------
    KeyError, TypeError, ValueError
        A step cannot be read.
    """
    turns: list[Turn] = []
    for step in steps:
        manoeuvre = step["maneuver"]
        kind, street, metres = str(manoeuvre["type"]), str(step.get("name") or ""), float(step["distance"])
        if kind in LEAVING and turns and turns[-1].code == "roundabout":
            last = turns.pop()
            turns.append(Turn(last.code, street or last.street, last.distance_m + metres, last.exit_number))
        elif kind in SAME_WAY and turns and (not street or street == turns[-1].street):
            last = turns.pop()
            longer = last.distance_m + metres
            turns.append(Turn(last.code, last.street, longer, last.exit_number, last.heading_deg))
        else:
            turns.append(_turn(kind, manoeuvre, street, metres))
    return tuple(turns)


def _turn(kind: str, manoeuvre: dict[str, Any], street: str, metres: float) -> Turn:
    if kind == "depart":
        heading = manoeuvre.get("bearing_after")
        return Turn("depart", street, metres, heading_deg=None if heading is None else float(heading))
    if kind == "arrive":
        return Turn("arrive", street, metres)
    if kind in ROUNDABOUTS:
        number = manoeuvre.get("exit")
        return Turn("roundabout", street, metres, exit_number=None if number is None else int(number))
    return Turn(MODIFIERS.get(str(manoeuvre.get("modifier")), "straight"), street, metres)
