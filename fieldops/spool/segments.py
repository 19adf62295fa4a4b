"""Taking over what writers spooled: closing their files, reading them in order, removing what is stored."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from fieldops import clock
from fieldops.spool.records import EPOCH, FACTS, HEAD, Record, decode, encode, received_at
from fieldops.spool.writer import OPEN

CLOSED: Final = ".closed"
MOST_BYTES: Final = 32_000_000
"""Bytes that are read in one look, so that what piled up in hours fits into memory."""
DAMAGED: Final = "damaged"
"""Folder of copies of files with bytes that nobody could read."""


@dataclass
class Haul:
    """What one look found: records in the order they were received, and the files that they came from.

    `held` are records received after the look began: an earlier one may lie in a file that was closed before,
    so they wait for the next look.
    """

    records: list[Record] = field(default_factory=list)
    finished: list[Path] = field(default_factory=list)
    held: int = 0
    torn_bytes: int = 0
    damaged_bytes: int = 0


@dataclass(frozen=True)
class SpoolState:
    """How much waits, since when (None when nothing does), and how many damaged files were set aside."""

    files: int
    bytes: int
    oldest_at: datetime | None
    damaged: int


class SpoolReader:
    """Reads one folder; only one process may at a time.

    Parameters
    ----------
    folder
        The writers' folder; it need not exist.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._seen: set[Path] = set()
        self._most_bytes = MOST_BYTES

    def look(self) -> Haul:
        """Close what writers have open and return what is to be stored now.

        Call `remove` with the haul once its records are stored for good. A haul that was not removed comes
        again, whole. What piled up over hours comes in several looks.
        """
        until = clock.now()
        for path in self._files(OPEN):
            _close(path)
        files = sorted((_first_at(path), path) for path in self._files(CLOSED))
        now, later = _split(files, self._most_bytes)
        if later:
            until = min(until, later[0][0])
        haul = self._read([path for _at, path in now], until, is_all=not later)
        # Writers whose files cover the same hours: none is done before all of them are looked at together.
        self._most_bytes = MOST_BYTES if haul.finished or not later else 2 * self._most_bytes
        return haul

    def _read(self, paths: list[Path], until: datetime, *, is_all: bool) -> Haul:
        found: list[tuple[datetime, str, int, Record]] = []
        haul, seen = Haul(), set()
        for path in paths:
            contents = decode(path.read_bytes())
            # Left once, all of a file is stored: a clock that was set back holds nothing up.
            takes_all = is_all and path in self._seen
            now = [one for one in contents.records if takes_all or one.received_at <= until]
            found += [(one.received_at, path.name, at, one) for at, one in enumerate(now)]
            haul.held += len(contents.records) - len(now)
            if len(now) < len(contents.records):
                seen.add(path)
                continue
            haul.torn_bytes += contents.torn_bytes
            haul.damaged_bytes += contents.damaged_bytes
            if contents.damaged_bytes:
                self._keep_copy(path)
            haul.finished.append(path)
        self._seen = seen
        haul.records = [record for *_order, record in sorted(found, key=lambda one: one[:3])]
        return haul

    def remove(self, haul: Haul) -> None:
        """Delete the files of a haul whose records are stored for good."""
        for path in haul.finished:
            path.unlink(missing_ok=True)

    def keep_strange(self, records: list[Record]) -> None:
        """Set aside records that belong to no account any more."""
        with self._damaged_folder() as folder:
            name = f"strange-{clock.now():%Y%m%d%H%M%S%f}"
            _write_whole(folder / name, b"".join(encode(record) for record in records))

    def _keep_copy(self, path: Path) -> None:
        with self._damaged_folder() as folder:
            copy = folder / path.name
            if not copy.exists():
                shutil.copyfile(path, copy)
                copy.chmod(0o600)

    @contextmanager
    def _damaged_folder(self) -> Iterator[Path]:
        folder = self.folder / DAMAGED
        folder.mkdir(mode=0o700, exist_ok=True)
        yield folder

    def _files(self, ending: str) -> list[Path]:
        try:
            with os.scandir(self.folder) as entries:
                return sorted(Path(one.path) for one in entries if one.name.endswith(ending))
        except FileNotFoundError:
            return []


def _first_at(path: Path) -> datetime:
    """Return when the first event of a file was received; the beginning of time where that cannot be read."""
    with path.open("rb") as file:
        return received_at(file.read(HEAD.size + FACTS.size)) or EPOCH


def _split(
    files: list[tuple[datetime, Path]], most_bytes: int
) -> tuple[list[tuple[datetime, Path]], list[tuple[datetime, Path]]]:
    """Return the files to be read now, the oldest, and those left for later."""
    size = 0
    for at, (_first, path) in enumerate(files):
        size += path.stat().st_size
        if at and size > most_bytes:
            return files[:at], files[at:]
    return files, []


def _close(path: Path) -> None:
    """Take a segment from its writer, who may be dead. One that holds the lock right now is waited for: it
    does so for one write to the page cache.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with suppress(FileNotFoundError):
            path.rename(path.with_suffix(CLOSED))
    finally:
        os.close(descriptor)


def _write_whole(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def spool_state(folder: Path) -> SpoolState:
    """Return what waits in a folder, without opening a file."""
    files = [path for ending in (OPEN, CLOSED) for path in folder.glob(f"*{ending}")]
    sizes, oldest = [], None
    for path in files:
        with suppress(FileNotFoundError):  # taken over in between
            stat = path.stat()
            if stat.st_size:
                sizes.append(stat.st_size)
                oldest = stat.st_mtime if oldest is None else min(oldest, stat.st_mtime)
    since = datetime.fromtimestamp(oldest, tz=clock.now().tzinfo) if oldest is not None else None
    return SpoolState(len(sizes), sum(sizes), since, len(damaged_files(folder)))


def damaged_files(folder: Path) -> list[Path]:
    """Return the copies that were set aside because something in them could not be read."""
    return sorted((folder / DAMAGED).glob("*"))
