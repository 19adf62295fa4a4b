"""In which order the junctions are taken out of the network, and which shortcuts that needs.

Taking a node out joins all its remaining neighbours to one another, so that no fastest way between the others
is lost. An order that takes nodes of few neighbours first (minimum degree) keeps the shortcuts few; it
depends on the streets alone, not on speeds or closures, and is worked out once, when roads are imported.

Sources: J. W. H. Liu, "Modification of the minimum-degree algorithm by multiple elimination", ACM TOMS 11
(1985) 141–153, as SuperLU has it; J. Dibbelt, B. Strasser, D. Wagner, "Customizable contraction hierarchies",
ACM JEA 21 (2016) 1.5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import splu

from geo.roads.compiled import loop

I4 = npt.NDArray[np.int32]


def elimination_order(tail: I4, head: I4, nodes: int) -> I4:
    """Rank nodes by when they are taken out, 0 first; (n,).

    Parameters
    ----------
    tail, head
        (s,) the nodes at both ends of each section.
    nodes
        Their number, n ≥ 1.
    """
    if nodes < 3:
        return np.arange(nodes, dtype=np.int32)
    links = coo_array((np.ones(len(tail), dtype=np.int8), (tail, head)), shape=(nodes, nodes)).astype(
        np.float64
    )
    links = links + links.T
    dominant = diags_array(links.sum(axis=1) + 1.0)  # so that numbers never speak in the choice of the order
    factors = splu(
        (dominant - links).tocsc(),
        permc_spec="MMD_AT_PLUS_A",
        diag_pivot_thresh=0.0,
        options={"SymmetricMode": True},
    )
    return np.asarray(factors.perm_c, dtype=np.int32)


def shortcuts(tail: I4, head: I4, nodes: int) -> tuple[I4, I4]:
    """Find what each node is joined to among the later ones when it is its turn.

    Parameters
    ----------
    tail, head
        (s,) the nodes at both ends of each section, numbered in the order of elimination.
    nodes
        Their number.

    Returns
    -------
    starts
        (n + 1,) where each node's list begins.
    heads
        The later nodes, ascending within each list.
    """
    low, high = np.minimum(tail, head).astype(np.int64), np.maximum(tail, head).astype(np.int64)
    pairs = np.unique(low[low != high] * nodes + high[low != high])
    starts = np.searchsorted(pairs // nodes, np.arange(nodes + 1))
    result: tuple[I4, I4] = _fill(starts, (pairs % nodes).astype(np.int32))
    return result


@loop
def _fill(starts: npt.NDArray[np.int64], heads: I4) -> tuple[I4, I4]:
    """A node's later neighbours are its own and those of all whose first later neighbour it is."""
    nodes = len(starts) - 1
    full_starts = np.zeros(nodes + 1, np.int32)
    full = np.empty(4 * len(heads) + 16, np.int32)
    child, sibling = np.full(nodes, -1, np.int32), np.full(nodes, -1, np.int32)
    seen = np.full(nodes, -1, np.int32)
    end = 0
    for node in range(nodes):
        seen[node] = node
        begin = end
        if end + nodes - node > len(full):
            larger = np.empty(2 * len(full) + nodes, np.int32)
            larger[:end] = full[:end]
            full = larger
        end = _append_new(heads[starts[node] : starts[node + 1]], node, seen, full, end)
        below = child[node]
        while below >= 0:
            end = _append_new(full[full_starts[below] : full_starts[below + 1]], node, seen, full, end)
            below = sibling[below]
        full[begin:end].sort()
        full_starts[node + 1] = end
        if end > begin:
            parent = full[begin]
            sibling[node], child[parent] = child[parent], node
    return full_starts, full[:end].copy()


@loop
def _append_new(heads: I4, node: int, seen: I4, full: I4, end: int) -> int:
    for head in heads:
        if seen[head] != node:
            seen[head] = node
            full[end] = head
            end += 1
    return end
