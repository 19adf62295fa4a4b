"""What a surveyor chooses from on a segment of 100 m: codes, and what each stands for in the index."""

from typing import Final

SURFACES: Final = ("asphalt", "concrete", "paving", "gravel", "earth")
INDEXED_SURFACE: Final = "asphalt"
"""The only one that the Surface Distress Index is for."""

CRACK_WIDTHS_MM: Final = {"none": 0.0, "below_1": 0.5, "1_to_3": 2.0, "3_to_5": 4.0, "above_5": 8.0}
"""Classes of width with a width within each: the versions of the guide part them at 3 and at 5 mm, both of
which are borders here, so that every class lies on one side of either."""

SIDE_DRAINS: Final = ("", "none", "clean", "blocked", "eroded")
CONDITIONS: Final = ("good", "fair", "light_damage", "heavy_damage")
"""From the best to the worst."""

LEAST_M, MOST_M = 50.0, 150.0
"""How long a surveyed segment may be: 100 m, and the last of a street what is left."""
MOST_HOLES: Final = 1_000
MOST_RUT_CM: Final = 50.0
