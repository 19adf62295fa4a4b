"""How strongly a pattern over time is coloured; static/js/folium_hotspots.js has the same."""

from typing import Final

STRENGTH: Final = {
    "intensifying": 3,
    "persistent": 3,
    "new": 2,
    "consecutive": 2,
    "diminishing": 1,
    "sporadic": 1,
    "oscillating": 1,
    "historical": 1,
}


def pattern_band(label: str) -> int:
    """Return −3 to 3 for a class such as new_hot or historical_cold, 0 for none."""
    kind, _, side = label.partition("_")
    return STRENGTH.get(kind, 0) * (-1 if side == "cold" else 1)
