"""The one function Python calls: what to do, in which world, with which state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit, types

from geo.dispatch.engine.annealing import improve
from geo.dispatch.engine.changes import total_cost
from geo.dispatch.engine.compiling import fingerprint, kernel
from geo.dispatch.engine.construction import clear, complete, finish, rebuild
from geo.dispatch.engine.ejection import eject
from geo.dispatch.engine.explaining import find_places
from geo.dispatch.engine.handles import Handle
from geo.dispatch.engine.layout import STATE, WORLD, FloatArray, State, World
from geo.dispatch.engine.memory import keep_best, load_best
from geo.dispatch.engine.zones import see_everything

CLEAR, REBUILD, COMPLETE, IMPROVE, EJECT, FINISH, KEEP, LOAD, PLACES = range(9)

Entry = Callable[[int, Handle, Handle, FloatArray], float]
_compile: Any = njit


@kernel
def build(task: int, world: World, state: State, values: FloatArray) -> float:
    """Tasks that look at the whole day."""
    out = 0.0
    if task == CLEAR:
        clear(world, state)
    elif task == REBUILD:
        out = float(rebuild(world, state))
    elif task == COMPLETE:
        complete(world, state, values[0] > 0)
    elif task == KEEP:
        keep_best(world, state)
    elif task == LOAD:
        load_best(world, state)
    elif task == EJECT:
        eject(world, state)
    elif task == FINISH:
        finish(world, state)
    elif task == PLACES:
        find_places(world, state, values)
    return out


def compiled(fingerprint: int) -> Any:
    """The entry. The fingerprint is part of its key in the cache, since it is a variable it encloses."""

    @_compile(cache=True, nogil=True, error_model="numpy")
    def run(task: int, world: World, state: State, values: FloatArray) -> float:
        state.totals[0].engine = fingerprint
        out = 0.0
        if task == IMPROVE:
            improve(world, state, int(values[0]), values[1])
        else:
            see_everything(world, state)
            out = build(task, world, state, values)
            state.totals[0].cost = total_cost(world, state)
        return out

    return run


_run: Any = compiled(fingerprint())
run: Entry = _run


def warm_up() -> None:
    """Load the compiled code from the cache, or compile it: a minute of work, once a machine."""
    _run.compile((types.int64, WORLD, STATE, types.float64[::1]))
