"""Reading Parquet."""

from collections.abc import Iterator
from pathlib import Path

from pyarrow import ArrowException
from pyarrow.parquet import ParquetFile

from fieldops.errors import InvalidInput
from fieldops.imports.chunks import Chunk, require_columns
from fieldops.imports.mapping import Mapping


class ParquetReader:
    """A Parquet file with one request a row; rows count from 1."""

    unit = "row"
    crs: str | None = None

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path = path
        self.mapping = mapping

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the rows in chunks. See `Reader.chunks`."""
        try:
            with ParquetFile(self.path) as file:
                yield from self._chunks(file, size)
        except (ArrowException, OSError) as error:
            raise InvalidInput(
                "The file %(name)s is not a whole Parquet file: %(why)s",
                name=self.path.name,
                why=str(error).splitlines()[0][:200],
            ) from None

    def _chunks(self, file: ParquetFile, size: int) -> Iterator[Chunk]:
        require_columns(self.mapping, file.schema_arrow.names)
        done = 0
        for batch in file.iter_batches(batch_size=size, columns=list(self.mapping.needed)):
            frame = batch.to_pandas()
            yield Chunk(len(frame), list(range(done + 1, done + len(frame) + 1)), frame)
            done += len(frame)
        if not done:
            raise InvalidInput("The file %(name)s has no rows.", name=self.path.name)
