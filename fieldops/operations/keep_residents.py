"""Keeping how many people live in each kelurahan, from a table that an engineer uploads."""

import csv
import io
import re
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldops.domain.roles import By
from fieldops.errors import InvalidInput
from fieldops.models import Area, AreaResidents
from fieldops.operations.audit import write_audit

MOST_BYTES: Final = 2_000_000
NAME_HEADS: Final = ("kelurahan", "desa", "area", "name", "nama", "wilayah")
COUNT_HEADS: Final = ("penduduk", "residents", "population", "jumlah penduduk", "jumlah")
EARLIEST, LATEST = 1961, 2100
MOST_PEOPLE: Final = 50_000_000


@dataclass(frozen=True)
class ResidentsKept:
    """How many kelurahan got a number, and which lines named none that is known."""

    kept: int
    unknown: list[tuple[int, str]]
    without: int


def keep_residents(session: Session, data: bytes, by: By, *, year: int, source: str) -> ResidentsKept:
    """Read a CSV with a column of kelurahan and one of residents, and keep it under its year.

    Raises
    ------
    InvalidInput
        Not text, too large, without the two columns, with a number that is none, or naming no kelurahan
        that is known; the sentence names the line.
    """
    if not EARLIEST <= year <= LATEST:
        raise InvalidInput("Give the year of the figures, like 2025.", field="year")
    rows = _rows(data)
    known = {
        _folded(name): area_id
        for area_id, name in session.execute(select(Area.id, Area.name).where(Area.kind == "kelurahan"))
    }
    found = {known[_folded(name)]: people for _line, name, people in rows if _folded(name) in known}
    unknown = [(line, name) for line, name, _people in rows if _folded(name) not in known]
    if not found:
        raise InvalidInput("None of the names is a kelurahan of this city.", field="residents")
    held = {
        row.area_id: row for row in session.scalars(select(AreaResidents).where(AreaResidents.year == year))
    }
    for area_id, people in found.items():
        if area_id in held:
            held[area_id].residents, held[area_id].source = people, source.strip()[:200]
        else:
            session.add(
                AreaResidents(area_id=area_id, year=year, residents=people, source=source.strip()[:200])
            )
    session.flush()
    write_audit(session, by, "keep_residents", "area_residents", None, year=year, areas=len(found))
    return ResidentsKept(len(found), unknown, len(known) - len(found))


def _rows(data: bytes) -> list[tuple[int, str, int]]:
    if len(data) > MOST_BYTES:
        raise InvalidInput("A table of residents may have at most 2 MB.", field="residents")
    try:
        lines = data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise InvalidInput("The file is no text in UTF-8. Save it as CSV UTF-8.", field="residents") from None
    heading = lines[0] if lines else ""
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=max(",;\t", key=heading.count))
    heads = [cell.strip().casefold() for cell in next(reader, [])]
    name_at, count_at = _column(heads, NAME_HEADS), _column(heads, COUNT_HEADS)
    if name_at is None or count_at is None:
        raise InvalidInput(
            "The table needs a column kelurahan and a column penduduk in its first line.", field="residents"
        )
    out = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            name = cells[name_at].strip() if name_at < len(cells) else ""
            out.append((reader.line_num, name, _people(cells, count_at, reader.line_num)))
    return out


def _column(heads: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((heads.index(name) for name in wanted if name in heads), None)


def _people(cells: list[str], at: int, line: int) -> int:
    words = re.sub(r"[\s.,](?=\d{3}\b)", "", cells[at].strip()) if at < len(cells) else ""
    if not words.isdecimal() or int(words) > MOST_PEOPLE:
        raise InvalidInput(
            "Line %(line)s: “%(words)s” is no number of residents.",
            field="residents",
            line=line,
            words=(cells[at] if at < len(cells) else "")[:40],
        )
    return int(words)


def _folded(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.casefold().removeprefix("kel."))
