"""Finished matrices, kept until others push them out: by road graph, closures and places."""

from __future__ import annotations

import hashlib
import tempfile
from collections import OrderedDict
from pathlib import Path
from threading import Lock

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.int32]
Key = tuple[str, str]


class MatrixCache:
    """The last few matrices in memory, and more of them in a folder if one is given.

    Parameters
    ----------
    capacity
        How many pairs of matrices are kept in memory, and in the folder.
    folder
        Where they outlive the process, as .npy files; made when missing. A file that cannot be read or
        written is as good as none.
    """

    def __init__(self, capacity: int = 16, folder: Path | None = None) -> None:
        self.capacity = capacity
        self.folder = folder
        self._kept: OrderedDict[str, tuple[Matrix, Matrix]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key, places: npt.NDArray[np.float64]) -> tuple[Matrix, Matrix] | None:
        """The matrices (seconds, metres) of places, (n, 2) degrees, if they are known; not to be changed."""
        name = _name(key, places)
        with self._lock:
            found = self._kept.get(name)
            if found is not None:
                self._kept.move_to_end(name)
                return found
        found = self._read(name, len(places))
        if found is not None:
            self._keep(name, found)
        return found

    def put(
        self, key: Key, places: npt.NDArray[np.float64], durations_s: Matrix, distances_m: Matrix
    ) -> None:
        """Keep the matrices of places."""
        durations_s.flags.writeable = distances_m.flags.writeable = False
        name = _name(key, places)
        self._keep(name, (durations_s, distances_m))
        self._write(name, durations_s, distances_m)

    def _keep(self, name: str, matrices: tuple[Matrix, Matrix]) -> None:
        with self._lock:
            self._kept[name] = matrices
            self._kept.move_to_end(name)
            while len(self._kept) > self.capacity:
                self._kept.popitem(last=False)

    def _read(self, name: str, size: int) -> tuple[Matrix, Matrix] | None:
        if self.folder is None:
            return None
        try:
            both = np.load(self.folder / f"{name}.npy", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            return None
        if both.dtype != np.int32 or both.shape != (2, size, size):
            return None
        both.flags.writeable = False
        return both[0], both[1]

    def _write(self, name: str, durations_s: Matrix, distances_m: Matrix) -> None:
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=".part", delete=False) as file:
                np.save(file, np.stack([durations_s, distances_m]), allow_pickle=False)
            Path(file.name).replace(self.folder / f"{name}.npy")
            self._drop_oldest(self.folder)
        except OSError:
            return

    def _drop_oldest(self, folder: Path) -> None:
        files = sorted(folder.glob("*.npy"), key=lambda file: file.stat().st_mtime, reverse=True)
        for file in files[self.capacity :]:
            file.unlink(missing_ok=True)


def _name(key: Key, places: npt.NDArray[np.float64]) -> str:
    digest = hashlib.blake2b("\n".join(key).encode(), digest_size=16)
    digest.update(np.ascontiguousarray(places, dtype=np.float64).tobytes())
    return digest.hexdigest()
