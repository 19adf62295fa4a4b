"""The report of refused rows: a CSV that a spreadsheet opens safely, and a few lines for the terminal."""

import csv
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from fieldops.imports.chunks import Refusal

HEADER: Final = ("line", "external_key", "code", "column", "value", "reason")
FORMULA_SIGNS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
SHOWN: Final = 10


def write_report(path: Path, refused: Sequence[Refusal]) -> None:
    """Write every refused row; the file is there whole or as it was before.

    Words and contacts are never repeated, only keys, codes, times and coordinates.
    """
    part = path.with_name(path.name + ".part")
    with part.open("w", encoding="utf-8-sig", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        rows.writerows(
            (row.line, *map(guarded, (row.external_key, row.code, row.column, row.value, row.sentence)))
            for row in refused
        )
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(FORMULA_SIGNS) else cell


def refusals_in_words(refused: Sequence[Refusal], unit: str) -> list[str]:
    """Return lines for the terminal: how many of each kind, and the first few rows."""
    counts = Counter(row.code for row in refused)
    lines = [f"  {count:>7,} {code}" for code, count in counts.most_common()]
    lines += [f"  {unit} {row.line}: {row.sentence}" for row in refused[:SHOWN]]
    if len(refused) > SHOWN:
        lines.append(f"  and {len(refused) - SHOWN:,} more; --report FILE.csv writes them all.")
    return lines
