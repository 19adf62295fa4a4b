"""Reading CSV and TSV, line by line: one broken line is refused, the lines around it are kept."""

import csv
import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, TextIO

import pandas as pd

from fieldops.errors import InvalidInput
from fieldops.imports.chunks import Chunk, Refusal, require_columns
from fieldops.imports.mapping import Mapping

LONGEST_CELL: Final = 131_072
TABULATED: Final = (".tsv", ".tab")
NAMES: Final = {",": "a comma", "\t": "a tabulator", ";": "a semicolon", "|": "a bar"}
UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class DelimitedReader:
    """A text file with one request a line."""

    unit = "line"
    crs: str | None = None

    def __init__(self, path: Path, mapping: Mapping) -> None:
        self.path = path
        self.mapping = mapping
        suffixes = [suffix.lower() for suffix in path.suffixes]
        self.zipped = bool(suffixes) and suffixes[-1] == ".gz"
        self.delimiter = mapping.file.delimiter or ("\t" if set(suffixes) & set(TABULATED) else ",")
        encoding = mapping.file.encoding
        self.encoding = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding

    def chunks(self, size: int) -> Iterator[Chunk]:
        """Yield the lines in chunks. See `Reader.chunks`."""
        try:
            with self._open() as file:
                yield from self._chunks(file, size)
        except UnicodeDecodeError:
            raise self._wrong_encoding() from None
        except (gzip.BadGzipFile, EOFError, zlib.error):
            raise InvalidInput("The file %(name)s is not whole gzip.", name=self.path.name) from None

    def _open(self) -> TextIO:
        if self.zipped:
            return gzip.open(self.path, "rt", encoding=self.encoding, newline="")
        return self.path.open("rt", encoding=self.encoding, newline="")

    def _chunks(self, file: TextIO, size: int) -> Iterator[Chunk]:
        # strict: a quotation mark in the wrong place is an error of its line, not a guess.
        rows = csv.reader(file, delimiter=self.delimiter, strict=True)
        csv.field_size_limit(LONGEST_CELL)
        header = self._header(rows)
        names = list(self.mapping.needed)
        places = [header.index(name) for name in names]
        lines: list[int] = []
        cells: list[list[str]] = []
        refused: list[Refusal] = []
        for line, row in self._numbered(rows):
            if isinstance(row, InvalidInput):
                refused.append(Refusal(line, "", "unreadable_line", "", row))
            elif len(row) != len(header):
                refused.append(self._wrong_count(line, row, header))
            else:
                lines.append(line)
                cells.append([row[place] for place in places])
            if len(lines) + len(refused) == size:
                yield Chunk(size, lines, pd.DataFrame(cells, columns=names, dtype=object), refused)
                lines, cells, refused = [], [], []
        if lines or refused:
            frame = pd.DataFrame(cells, columns=names, dtype=object)
            yield Chunk(len(lines) + len(refused), lines, frame, refused)

    def _header(self, rows: Iterator[list[str]]) -> list[str]:
        try:
            header = next((row for row in rows if row), None)
        except csv.Error as error:
            raise InvalidInput("The first line is no header: %(why)s.", why=error) from None
        if header is None:
            raise InvalidInput("The file %(name)s is empty.", name=self.path.name)
        header = [name.strip() for name in header]
        require_columns(self.mapping, header, hint=self._delimiter_hint(header))
        return header

    def _delimiter_hint(self, header: list[str]) -> str:
        if len(header) > 1:
            return ""
        used = next((sign for sign in NAMES if sign != self.delimiter and sign in header[0]), None)
        asked = NAMES.get(self.delimiter, self.delimiter)
        if used is None:
            return f" Its first line is one column when {asked} separates."
        return (
            f" Its first line is one column when {asked} separates; it seems to be {NAMES[used]}: "
            "set file.delimiter in the mapping."
        )

    def _numbered(self, rows: Iterator[list[str]]) -> Iterator[tuple[int, list[str] | InvalidInput]]:
        """Yield each row with the line that it begins on."""
        while True:
            begins = rows.line_num + 1  # type: ignore[attr-defined]
            try:
                row = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                words = str(error)
                if "unexpected end" in words or "field limit" in words:
                    raise InvalidInput(
                        "Line %(line)s opens a quotation mark that is never closed, so nothing after it can "
                        "be read.",
                        line=begins,
                    ) from None
                yield begins, InvalidInput("The line cannot be read: %(why)s.", why=words)
                continue
            if row:
                yield begins, row

    def _wrong_count(self, line: int, row: list[str], header: list[str]) -> Refusal:
        key = self.mapping.columns.key_parts[0]
        place = header.index(key)
        return Refusal(
            line,
            row[place].strip() if place < len(row) else "",
            "wrong_field_count",
            "",
            InvalidInput(
                "The line has %(found)s fields, the header has %(wanted)s, so it is not sure which is which.",
                found=len(row),
                wanted=len(header),
            ),
        )

    def _wrong_encoding(self) -> InvalidInput:
        with gzip.open(self.path, "rb") if self.zipped else self.path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if number == 1 and raw.startswith(UTF16):
                    return InvalidInput('The file is UTF-16. Set file.encoding = "utf-16" in the mapping.')
                try:
                    raw.decode(self.encoding)
                except UnicodeDecodeError as error:
                    return InvalidInput(
                        "Line %(line)s is not %(encoding)s (byte 0x%(byte)s). Set file.encoding in the "
                        "mapping to what the file is written in, for example cp1252.",
                        line=number,
                        encoding=self.mapping.file.encoding,
                        byte=f"{raw[error.start]:02x}",
                    )
        return InvalidInput("The file is not %(encoding)s.", encoding=self.mapping.file.encoding)
