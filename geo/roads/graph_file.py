"""The file a road graph is kept in: named arrays one after the other, read by mapping them into memory.

Layout, little-endian: 16 bytes of magic, version and length of the head (uint32), length of the whole file
(uint64), CRC-32 of all that follows the first 36 bytes (uint32); the head (JSON, UTF-8) with the summary and
each array's type, shape and place; the arrays, each at a multiple of 64 bytes from the file's beginning.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import struct
import tempfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from geo.errors import RoadFileError

MAGIC = b"FieldOps roads\r\n"  # the line end shows a file that went through a transfer as text
VERSION = 3
FRONT = struct.Struct("<16sIIQI")
ALIGNMENT = 64
DTYPES = frozenset({"<f8", "<f4", "<i8", "<i4", "|u1", "|b1"})

Arrays = dict[str, npt.NDArray[Any]]


def write_graph_file(target: Path, arrays: Arrays, summary: dict[str, Any]) -> str:
    """Write arrays and summary, in place of what stood there only when all is on disk; return the key.

    The key is a hash of the arrays: it changes when what is computed from them may change.

    Raises
    ------
    RoadFileError
        When the file cannot be written; what stood there stays.
    """
    arrays = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    key = _key(arrays)
    head = _head(arrays, {**summary, "key": key})
    total = _places(arrays, len(head))[1]
    checksum = 0
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            temporary = Path(file.name)
            file.write(FRONT.pack(MAGIC, VERSION, len(head), total, 0))
            for part in _parts(arrays, head):
                checksum = zlib.crc32(part, checksum)
                file.write(part)
            file.seek(0)
            file.write(FRONT.pack(MAGIC, VERSION, len(head), total, checksum))
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(target)
        temporary = None
    except OSError as error:
        raise RoadFileError(f"{target.name}: the road graph cannot be written: {error.strerror}") from error
    finally:
        if temporary is not None:  # also when somebody stops the import
            temporary.unlink(missing_ok=True)
    return key


def read_graph_file(path: Path) -> tuple[Arrays, dict[str, Any]]:
    """Map a graph file into memory.

    Returns
    -------
    Read-only arrays by name, and the summary with the key.

    Raises
    ------
    RoadFileError
        When there is no such file, it is of another kind or version, cut off, or damaged.
    """
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size < FRONT.size:
                fault = "is empty" if size == 0 else "is no road graph"
                raise RoadFileError(f"{path.name}: the file {fault}; import the roads again")
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except FileNotFoundError as error:
        raise RoadFileError(f"{path.name}: there is no such road graph; import the roads first") from error
    except OSError as error:
        raise RoadFileError(f"{path.name}: the road graph cannot be read: {error.strerror}") from error
    head_length = _check_front(path, mapped, size)
    try:
        head = json.loads(mapped[FRONT.size : FRONT.size + head_length])
        return _map(mapped, head), head["summary"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise RoadFileError(f"{path.name}: the road graph is damaged; import the roads again") from error


def _check_front(path: Path, mapped: mmap.mmap, size: int) -> int:
    magic, version, head_length, total, checksum = FRONT.unpack(mapped[: FRONT.size])
    if magic != MAGIC:
        raise RoadFileError(f"{path.name}: the file is no road graph; import the roads again")
    if version != VERSION:
        raise RoadFileError(
            f"{path.name}: the road graph has version {version}, this program reads {VERSION}; "
            "import the roads again"
        )
    if total != size:
        raise RoadFileError(
            f"{path.name}: the road graph is cut off or grown: {size} bytes instead of {total}; "
            "import the roads again"
        )
    with memoryview(mapped) as view:
        if zlib.crc32(view[FRONT.size :]) != checksum:
            raise RoadFileError(f"{path.name}: the road graph is damaged; import the roads again")
    return int(head_length)


def _map(mapped: mmap.mmap, head: dict[str, Any]) -> Arrays:
    arrays: Arrays = {}
    for entry in head["arrays"]:
        dtype, shape = entry["dtype"], tuple(entry["shape"])
        if dtype not in DTYPES:
            raise ValueError(dtype)
        count = int(np.prod(shape, dtype=np.int64))
        arrays[entry["name"]] = np.frombuffer(
            mapped, dtype=np.dtype(dtype), count=count, offset=entry["offset"]
        ).reshape(shape)
    return arrays


def _key(arrays: Arrays) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for name, array in arrays.items():
        digest.update(f"{VERSION}:{name}:{array.dtype.str}:{array.shape};".encode())
        digest.update(array.view(np.uint8).data if array.size else b"")
    return digest.hexdigest()


def _head(arrays: Arrays, summary: dict[str, Any]) -> bytes:
    """The head; it holds offsets that depend on its length, so it is made longer until it fits."""
    length = 0
    while True:
        offsets, _ = _places(arrays, length)
        entries = [
            {"name": name, "dtype": array.dtype.str, "shape": array.shape, "offset": offset}
            for (name, array), offset in zip(arrays.items(), offsets, strict=True)
        ]
        text = json.dumps({"summary": summary, "arrays": entries}, ensure_ascii=False).encode()
        if len(text) <= length:
            return text.ljust(length)
        length = len(text) + ALIGNMENT


def _places(arrays: Arrays, head_length: int) -> tuple[list[int], int]:
    offsets, end = [], FRONT.size + head_length
    for array in arrays.values():
        offsets.append(-(-end // ALIGNMENT) * ALIGNMENT)
        end = offsets[-1] + array.nbytes
    return offsets, end


def _parts(arrays: Arrays, head: bytes) -> list[bytes | memoryview]:
    parts: list[bytes | memoryview] = [head]
    offsets, _ = _places(arrays, len(head))
    end = FRONT.size + len(head)
    for array, offset in zip(arrays.values(), offsets, strict=True):
        parts.append(bytes(offset - end))
        if array.size:
            parts.append(array.view(np.uint8).data)
        end = offset + array.nbytes
    return parts
