"""Travel-time matrices of a planning file: inline, in array files beside it, or estimated from places."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from geo.dispatch.fields import Fields, as_array, kind_of
from geo.dispatch.problem import NO_WAY, Matrix, MatrixSource, Problem, TravelTimes
from geo.errors import BadProblem
from geo.roads.graph import RoadGraph
from geo.roads.travel_times import affine_travel_times, road_travel_times

LARGEST_ENTRY = 1 << 30

Drives: TypeAlias = Callable[[npt.NDArray[np.float64]], tuple[Matrix, Matrix, MatrixSource]]
"""Given places, (n, 2) longitude and latitude: seconds and metres between them, and where those are from."""


def read_matrices(fields: Fields, folder: Path | None) -> dict[str, TravelTimes]:
    """Read ``matrices`` or the older ``matrix``; empty when the file has neither.

    Raises
    ------
    BadProblem
        When a matrix is not square, sizes differ, or an entry is no integer from 0 to 2³⁰ nor null.
    """
    if fields.has("matrix"):
        if fields.has("matrices"):
            raise BadProblem("matrix", "stands beside matrices: give one of them")
        return {"car": TravelTimes(_read_rows(fields.get("matrix"), "matrix"))}
    if not fields.has("matrices"):
        return {}
    profiles = Fields(fields.get("matrices"), "matrices")
    result = {
        name: _read_profile(Fields(value, f"matrices.{name}"), folder)
        for name, value in profiles.values.items()
        if not name.startswith("_")
    }
    sizes = {name: len(times.durations_s) for name, times in result.items()}
    for name, size in sizes.items():
        if size != next(iter(sizes.values())):
            raise BadProblem(
                f"matrices.{name}", f"has {size} places, another profile {next(iter(sizes.values()))}"
            )
    return result


def _read_profile(fields: Fields, folder: Path | None) -> TravelTimes:
    durations = _read_either(fields, "durations", folder)
    if durations is None:
        raise BadProblem(fields.at("durations"), "is required")
    costs = _read_either(fields, "costs", folder)
    distances = (
        _read_rows(fields.get("distances"), fields.at("distances")) if fields.has("distances") else None
    )
    for key, matrix in (("costs", costs), ("distances", distances)):
        if matrix is not None and matrix.shape != durations.shape:
            raise BadProblem(fields.at(key), f"has {len(matrix)} places, durations {len(durations)}")
    if costs is not None and bool(((costs == NO_WAY) & (durations != NO_WAY)).any()):
        raise BadProblem(fields.at("costs"), "is null where durations is not")
    fields.finish()
    return TravelTimes(durations, costs, distances)


def _read_either(fields: Fields, key: str, folder: Path | None) -> Matrix | None:
    """The matrix written inline or in an array file."""
    file_key = f"{key}_npy"
    if fields.has(key) and fields.has(file_key):
        raise BadProblem(fields.at(file_key), f"stands beside {key}: give one of them")
    if fields.has(key):
        return _read_rows(fields.get(key), fields.at(key))
    if not fields.has(file_key):
        return None
    return _read_file(fields.text(file_key), fields.at(file_key), folder)


def _read_rows(value: Any, path: str) -> Matrix:
    rows = as_array(value, path)
    for n, row in enumerate(rows):
        if len(as_array(row, f"{path}[{n}]")) != len(rows):
            raise BadProblem(
                f"{path}[{n}]", f"has {len(row)} entries, the matrix {len(rows)} rows: not square"
            )
        for m, entry in enumerate(row):
            if entry is not None and (type(entry) is not int or not 0 <= entry <= LARGEST_ENTRY):
                raise BadProblem(
                    f"{path}[{n}][{m}]", f"must be an integer from 0 to 2³⁰ or null, not {kind_of(entry)}"
                )
    cleaned = [[NO_WAY if entry is None else entry for entry in row] for row in rows]
    return np.array(cleaned, dtype=np.int32).reshape(len(rows), len(rows))


def _read_file(name: str, path: str, folder: Path | None) -> Matrix:
    if folder is None:
        raise BadProblem(path, "array files are only read for a problem that is a file itself")
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()):
        raise BadProblem(path, "must lie in the problem's own folder")
    try:
        matrix = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise BadProblem(path, f"cannot read {name!r} as an array file") from error
    if not isinstance(matrix, np.ndarray) or matrix.dtype != np.int32 or matrix.ndim != 2:
        raise BadProblem(path, "must hold one 2-D int32 array")
    if matrix.shape[0] != matrix.shape[1]:
        raise BadProblem(path, f"has shape {matrix.shape}: not square")
    if matrix.size and (matrix.min() < NO_WAY or matrix.max() > LARGEST_ENTRY):
        raise BadProblem(path, "entries must lie between −1 and 2³⁰")
    return matrix


def with_computed_matrices(problem: Problem, roads: RoadGraph | Drives | None = None) -> Problem:
    """Compute the matrices of a problem from its places: over roads, or without any by an estimate.

    All profiles drive alike. What lies too far from any road has `NO_WAY` in its row and column.
    """
    places = np.array(problem.places or (), dtype=np.float64).reshape(-1, 2)
    source: MatrixSource = "roads"
    if roads is None:
        durations_s, distances_m = affine_travel_times(places)
        source = "affine"
    elif isinstance(roads, RoadGraph):
        driven = road_travel_times(roads, places)
        durations_s, distances_m = driven.durations_s, driven.distances_m
    else:
        durations_s, distances_m, source = roads(places)
    times = TravelTimes(durations_s, None, distances_m)
    profiles = {vehicle.profile for vehicle in problem.vehicles}
    return replace(
        problem,
        matrices=dict.fromkeys(sorted(profiles), times),
        matrix_source=source,
    )
