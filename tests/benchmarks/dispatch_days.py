"""Which days are planned by everyone, and how long each may take."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from tests.benchmarks.days import WITH_PRECEDENCE, Recipe, Variant
from tests.benchmarks.road_nets import Name

SECONDS = {100: 10.0, 300: 10.0, 1000: 10.0, 3000: 30.0}
"""CPU seconds for ours, by the number of work orders."""
PEER_SHARE = 6.0
"""Peers have so many times as long."""
GROUPS = {"100-300": (100, 300), "1000": (1000,), "3000": (3000,)}
TARGETS = {"100-300": 0.95, "1000": 0.96, "3000": 0.92}
"""Score over the best peer's, geometric mean, at most."""

NETS: tuple[Name, ...] = ("surakarta", "metropolitan", "balikpapan")
VARIANTS: tuple[Variant, ...] = ("plain", "breaks", "waiting", "sequence")
SEEDS = {("metropolitan", "sequence"): 2, ("balikpapan", "breaks"): 2}
"""The seed of a day is 1, but for these."""


def _days(n: int) -> Iterator[Recipe]:
    """Every network with and without breaks and precedence."""
    for net, variant in product(NETS, VARIANTS):
        yield Recipe(net, n, variant, SEEDS.get((net, variant), 1))


FULL = (
    *_days(100),
    Recipe("balikpapan", 100, "overtime"),
    *_days(300),
    Recipe("surakarta", 1000, "plain"),
    Recipe("metropolitan", 1000, "breaks"),
    Recipe("metropolitan", 1000, "sequence", 2),
    Recipe("balikpapan", 1000, "sequence"),
    Recipe("surakarta", 3000, "breaks"),
    Recipe("metropolitan", 3000, "sequence"),
)
QUICK = (Recipe("surakarta", 100, "breaks"), Recipe("surakarta", 100, "sequence"))
QUICK_SECONDS = 1.0

MATCH_TARGET = 0.1
"""CPU seconds to match the best peer's final score over its CPU seconds, at most."""
SEQUENCES = tuple(recipe for recipe in FULL if recipe.variant in WITH_PRECEDENCE and recipe.n <= 1000)
SEQUENCE_TARGET = 1.05
"""Score with work that waits over the score without, at most."""
