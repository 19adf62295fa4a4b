"""Writing events so that they outlive the process, the machine's power and a busy database.

Each process appends to a file of its own, its *segment*. An event is on disk when `append` returns: threads
that append at the same time share one fsync. The reader takes a segment over by renaming it; the writer sees
that under the file's lock and begins another one.
"""

import errno
import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from fieldops import clock
from fieldops.errors import StorageFull
from fieldops.spool.records import Record, encode

OPEN: Final = ".open"
"""Ending of a segment that its writer appends to."""
MOST_SEGMENT: Final = 16_000_000
"""Bytes after which a writer begins another segment, should nobody take this one over."""
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class _Segment:
    """One open file, and how much of it is on disk."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / f"{os.getpid()}-{secrets.token_hex(6)}{OPEN}"
        self.file = os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        self.end = 0
        self.users = 0
        self.is_retired = False
        self._folder = folder
        self._state = threading.Condition()
        self._on_disk = -1  # not even its name
        self._syncing = False
        self._failure: OSError | None = None

    @contextmanager
    def locked(self) -> Iterator[bool]:
        """Hold the file's lock; yields whether the file is still this writer's."""
        fcntl.flock(self.file, fcntl.LOCK_EX)
        try:
            yield self.path.exists()
        finally:
            fcntl.flock(self.file, fcntl.LOCK_UN)

    def write(self, data: bytes) -> int:
        """Append under the lock; returns where the data ends. Half a record is taken back."""
        done = 0
        try:
            while done < len(data):
                done += os.write(self.file, data[done:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(self.file, self.end)
            raise
        self.end += len(data)
        return self.end

    def sync_to(self, end: int) -> None:
        """Return once everything up to `end` is on disk: by this thread's fsync or by another's.

        Raises
        ------
        OSError
            The disk refused, now or before: pages that could not be written count as clean afterwards, so a
            second fsync proves nothing. What was written may be there or not; it is not acknowledged.
        """
        while True:
            with self._state:
                while self._syncing and self._on_disk < end:
                    self._state.wait()
                if self._on_disk >= end:
                    return
                if self._failure is not None:
                    raise self._failure
                self._syncing, reached = True, self.end
            self._sync(reached)

    def _sync(self, reached: int) -> None:
        failure: OSError | None = None
        try:
            os.fdatasync(self.file)
            if self._on_disk < 0:
                _sync_folder(self._folder)
        except OSError as error:
            failure = error
        with self._state:
            self._syncing = False
            if failure is None:
                self._on_disk = max(self._on_disk, reached)
            else:
                self._failure = failure
            self._state.notify_all()


class SpoolWriter:
    """Appends events of one process; safe for its threads, and after a fork.

    Parameters
    ----------
    folder
        Made when the first event comes.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._segment: _Segment | None = None
        self._pid = 0

    def append(self, account_id: int, event_key: str, raw: bytes) -> None:
        """Keep an event; it is on disk when this returns.

        Raises
        ------
        StorageFull
            There is no room, or the disk refuses. The event was not kept: the vendor must send it again.
        """
        try:
            segment, end = self._write(account_id, event_key, raw)
        except OSError as error:
            raise _refused(error) from error
        try:
            segment.sync_to(end)
        except OSError as error:
            self._retire(segment)
            raise _refused(error) from error
        finally:
            self._leave(segment)

    def _write(self, account_id: int, event_key: str, raw: bytes) -> tuple[_Segment, int]:
        with self._lock:
            while True:
                segment = self._current()
                try:
                    with segment.locked() as is_ours:
                        if is_ours and segment.end < MOST_SEGMENT:
                            # The time is taken under the lock: whoever closes the file later has all before.
                            record = Record(account_id, event_key, raw, clock.now())
                            end = segment.write(encode(record))
                            segment.users += 1
                            return segment, end
                except OSError:
                    self._set_aside(segment)  # half a record may stand at its end: nothing goes behind it
                    raise
                self._set_aside(segment)

    def _current(self) -> _Segment:
        if self._pid != os.getpid():
            self._segment, self._pid = None, os.getpid()  # a fork: the file belongs to the parent
        if self._segment is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._segment = _Segment(self.folder)
        return self._segment

    def _retire(self, segment: _Segment) -> None:
        with self._lock:
            self._set_aside(segment)

    def _set_aside(self, segment: _Segment) -> None:
        if self._segment is segment:
            self._segment = None
        if not segment.is_retired:
            segment.is_retired = True
            if segment.users == 0:
                os.close(segment.file)

    def _leave(self, segment: _Segment) -> None:
        with self._lock:
            segment.users -= 1
            if segment.users == 0 and segment.is_retired:
                with suppress(OSError):
                    os.close(segment.file)

    def close(self) -> None:
        """Let go of the open segment; its events wait for the reader."""
        with self._lock:
            if self._segment is not None and self._pid == os.getpid():
                self._set_aside(self._segment)
            self._segment = None


def _refused(error: OSError) -> StorageFull:
    why = "there is no room left" if error.errno in FULL else f"the disk refuses ({error.strerror})"
    return StorageFull("An event could not be kept: %(why)s. Its sender will try again.", why=why)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
