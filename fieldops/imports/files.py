"""Which reader a file needs, and what is looked at in all of it before anything is written."""

import hashlib
from collections.abc import Mapping as Table
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fieldops.errors import InvalidInput
from fieldops.imports.chunks import Reader
from fieldops.imports.columnar import ParquetReader
from fieldops.imports.delimited import DelimitedReader
from fieldops.imports.geographic import GeographicReader
from fieldops.imports.mapping import Format, Mapping
from fieldops.imports.times import OrderWatch

KINDS: Final[Table[str, Format]] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".geojson": "geojson",
    ".json": "geojson",
    ".gpkg": "gpkg",
}


@dataclass(frozen=True)
class Survey:
    """A file that can be read to its end: how many rows, the SHA-256 of its bytes, and how it is cut."""

    rows: int
    digest: str
    chunk_rows: int


def open_file(path: Path, mapping: Mapping) -> Reader:
    """Return the reader for a file, by the mapping or by the file's name.

    Raises
    ------
    InvalidInput
        The kind of file is not known.
    """
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] == ".gz":
        suffixes.pop()
    kind = mapping.file.format or KINDS.get(suffixes[-1] if suffixes else "")
    if kind is None:
        raise InvalidInput(
            "The file %(name)s is none of: %(known)s. Rename it, or set file.format in the mapping.",
            name=path.name,
            known=", ".join(KINDS),
        )
    if kind == "csv":
        return DelimitedReader(path, mapping)
    if kind == "parquet":
        return ParquetReader(path, mapping)
    return GeographicReader(path, mapping, kind)


def survey(path: Path, reader: Reader, mapping: Mapping, size: int) -> Survey:
    """Read a file to its end once, so that one that breaks off or is misread is refused whole.

    Raises
    ------
    InvalidInput
        It cannot be read, has no rows, or its dates are in another order than the mapping says.
    """
    if not path.stat().st_size:
        raise InvalidInput("The file %(name)s is empty.", name=path.name)
    rows, watch = 0, OrderWatch(mapping)
    for chunk in reader.chunks(size):
        rows += chunk.rows
        watch.look(chunk)
    if not rows:
        raise InvalidInput("The file %(name)s has a header and no rows.", name=path.name)
    watch.judge()
    with path.open("rb") as file:
        return Survey(rows, hashlib.file_digest(file, "sha256").hexdigest(), size)
