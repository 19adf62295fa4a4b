"""Hotspots: every statistic of the engineers' maps against a named peer.

``ratio`` is the peer's time over ours: how many times faster we are; the median over rounds, each with
another seed, ours and the peer in turn on the same data, in one thread. Times are CPU seconds, since the
machine is shared. Every round checks that both found the same; where they do not, the run stops.

The parts are files of their own, listed in `PARTS`. A part is a module beside this one,
``hotspots_<noun>.py``, with a function

    ``measure(quick: bool, only: str) -> Iterator[Row]``

which yields rows (`tests.benchmarks.rows.made_row`, best by way of `tests.benchmarks.rounds.compared`) whose
names begin with what is measured (``gi_star/100k/999``), and leaves out, before it computes anything, what
does not fit the pattern ``only`` (`tests.benchmarks.rounds.is_wanted`). Quick: all parts together in under a
minute. A part has no function named `run`: that would make it a benchmark of its own. Peers are imported
inside the functions that measure them.
"""

from collections.abc import Iterator

from tests.benchmarks import hotspots_cells, hotspots_density, hotspots_pages, hotspots_scan
from tests.benchmarks.rows import Row

PARTS = (
    hotspots_cells,  # Gi*, trends, emerging hotspots
    hotspots_density,  # surfaces of density
    hotspots_scan,  # the circular scan
    hotspots_pages,  # a folium page of many requests
)


def run(quick: bool, only: str = "*") -> Iterator[Row]:
    """Measure; yields a row each. Quick: smaller maps and one round."""
    for part in PARTS:
        yield from part.measure(quick, only)
