"""The hand-drawn figures of the demonstration city, read from the small tables in `data/`.

Approximate and of our own digitising. Positions are those of the sheet (see `sheet`). A kelurahan's positions
only say which blocks between streets and rivers go to it; class and keeper of a street are a sketch too: who
keeps up a real street is for the authorities' own registers to say. Markets and hospitals stand at invented,
approximate places, schools are invented altogether.
"""

import csv
from pathlib import Path
from typing import Final

DATA: Final = Path(__file__).parent / "data"

SCHOOLS: Final = ("SD Negeri {} 1", "SD Negeri {} 2", "SMP {}", "SMA {}")
"""Named after their kelurahan; the first stands in every one, the others in some."""

LOW_LYING: Final = frozenset(
    {
        *("Semanggi", "Sangkrah", "Joyotakan", "Pucangsawit", "Gandekan"),
        *("Sewu", "Nusukan", "Sumber", "Pajang", "Tipes"),
    }
)
"""Kelurahan where the demonstration's rain stands longest."""


def drawing(name: str) -> list[dict[str, str]]:
    """Return the rows of one table in `data/`, by its name without the ending."""
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
