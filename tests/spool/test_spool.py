"""The folder between the door and the database: durable, in order, and never twice gone."""

import errno
import multiprocessing
import os
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from fieldops import clock
from fieldops.errors import StorageFull
from fieldops.spool import segments
from fieldops.spool import writer as writing
from fieldops.spool.records import Record, encode
from fieldops.spool.segments import DAMAGED, SpoolReader, spool_state
from fieldops.spool.writer import SpoolWriter

NOW = datetime(2026, 11, 30, 1, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


def keys(reader: SpoolReader) -> list[str]:
    """Look once and let go of what was found."""
    haul = reader.look()
    reader.remove(haul)
    return [record.event_key for record in haul.records]


def test_what_was_appended_is_found_once(folder: Path) -> None:
    writer, reader = SpoolWriter(folder), SpoolReader(folder)
    writer.append(7, "a", b"\x00raw")
    haul = reader.look()
    assert [(one.account_id, one.event_key, one.raw) for one in haul.records] == [(7, "a", b"\x00raw")]
    reader.remove(haul)
    writer.append(7, "b", b"")
    assert keys(reader) == ["b"]
    assert keys(reader) == []
    assert list(folder.iterdir()) == []
    writer.close()


def test_a_haul_that_was_not_stored_comes_again_also_for_another_reader(folder: Path) -> None:
    writer = SpoolWriter(folder)
    writer.append(1, "a", b"")
    assert len(SpoolReader(folder).look().records) == 1
    writer.append(1, "b", b"")
    assert keys(SpoolReader(folder)) == ["a", "b"]
    writer.close()


def test_events_of_several_writers_come_in_the_order_they_were_received(folder: Path) -> None:
    writers = [SpoolWriter(folder) for _one in range(3)]
    for number in range(30):
        with clock.frozen(NOW + timedelta(milliseconds=number)):
            writers[number * 7 % 3].append(1, f"{number:02}", b"")
    with clock.frozen(NOW + timedelta(seconds=1)):
        assert keys(SpoolReader(folder)) == [f"{number:02}" for number in range(30)]
    for writer in writers:
        writer.close()


def test_what_came_during_the_look_waits_for_the_next_one(folder: Path) -> None:
    """Its forerunner may lie in a file that was closed before it was written."""
    writer, reader = SpoolWriter(folder), SpoolReader(folder)
    with clock.frozen(NOW):
        writer.append(1, "a", b"")
    with clock.frozen(NOW + timedelta(seconds=2)):
        writer.append(1, "b", b"")
    with clock.frozen(NOW + timedelta(seconds=1)):
        haul = reader.look()
        assert [one.event_key for one in haul.records] == ["a"]
        assert haul.held == 1
        reader.remove(haul)
        # Though the clock stands still, or was set back, nothing waits for long.
        assert keys(reader) == ["a", "b"]
    writer.close()


def test_what_piled_up_comes_in_several_looks_and_in_order(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "MOST_SEGMENT", 700)
    monkeypatch.setattr(segments, "MOST_BYTES", 1500)
    writers = [SpoolWriter(folder) for _one in range(5)]
    for number in range(100):
        with clock.frozen(NOW + timedelta(milliseconds=number)):
            writers[number % 5].append(1, f"{number:02}", b"x" * 50)
    reader, found, looks = SpoolReader(folder), [], 0
    with clock.frozen(NOW + timedelta(seconds=1)):
        while list(folder.glob("*.*")) and looks < 100:
            looks += 1
            found += keys(reader)
    assert 3 < looks < 60
    assert list(dict.fromkeys(found)) == [f"{number:02}" for number in range(100)]
    for writer in writers:
        writer.close()


def test_threads_share_fsyncs_and_lose_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def slow(descriptor: int) -> None:
        calls.append(descriptor)
        time.sleep(0.01)

    monkeypatch.setattr(os, "fdatasync", slow)
    writer = SpoolWriter(folder)

    def post(thread: int) -> None:
        for number in range(20):
            writer.append(1, f"{thread}.{number}", b"x" * 100)

    threads = [threading.Thread(target=post, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(keys(SpoolReader(folder)))) == 160
    assert len(calls) < 100
    writer.close()


def test_an_event_is_answered_only_after_its_own_fsync(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk: list[int] = []
    monkeypatch.setattr(os, "fdatasync", lambda descriptor: on_disk.append(os.fstat(descriptor).st_size))
    writer = SpoolWriter(folder)
    sizes = []
    for number in range(5):
        writer.append(1, str(number), b"x")
        sizes.append(next(folder.glob("*.open")).stat().st_size)
    assert on_disk == sizes
    writer.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_a_full_disk_is_said_and_leaves_no_half_record(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    writer = SpoolWriter(folder)
    writer.append(1, "before", b"")
    whole = os.write
    written: list[int] = []

    def half(descriptor: int, data: bytes) -> int:
        if written:
            raise OSError(number, os.strerror(number))
        written.append(whole(descriptor, data[: len(data) // 2]))
        return written[0]

    monkeypatch.setattr(os, "write", half)
    with pytest.raises(StorageFull):
        writer.append(1, "lost", b"x" * 50)
    monkeypatch.undo()
    writer.append(1, "after", b"")
    haul = SpoolReader(folder).look()
    assert [one.event_key for one in haul.records] == ["before", "after"]
    assert (haul.torn_bytes, haul.damaged_bytes) == (0, 0)
    writer.close()


def test_nothing_is_acknowledged_over_an_fsync_that_failed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second fsync would succeed: the kernel counts pages that it could not write as clean."""
    failing = iter([True])
    whole = os.fdatasync

    def once(descriptor: int) -> None:
        if next(failing, False):
            time.sleep(0.05)
            raise OSError(errno.EIO, "Input/output error")
        whole(descriptor)

    monkeypatch.setattr(os, "fdatasync", once)
    writer = SpoolWriter(folder)
    refused = []

    def post(key: str) -> None:
        try:
            writer.append(1, key, b"")
        except StorageFull:
            refused.append(key)

    threads = [threading.Thread(target=post, args=(str(number),)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused
    assert {"0", "1", "2", "3"} - set(refused) <= set(keys(SpoolReader(folder)))
    writer.append(1, "later", b"")
    assert "later" in keys(SpoolReader(folder))
    writer.close()


def test_a_torn_end_is_dropped_and_counted(folder: Path) -> None:
    writer = SpoolWriter(folder)
    writer.append(1, "a", b"")
    (segment,) = folder.glob("*.open")
    with segment.open("ab") as file:
        file.write(encode(Record(1, "b", b"x" * 100, NOW))[:60])
    haul = SpoolReader(folder).look()
    assert [one.event_key for one in haul.records] == ["a"]
    assert haul.torn_bytes == 60
    assert not (folder / DAMAGED).exists()
    writer.close()


def test_a_damaged_file_is_copied_before_it_goes(folder: Path) -> None:
    writer, reader = SpoolWriter(folder), SpoolReader(folder)
    for key in "abc":
        writer.append(1, key, b"words")
    (segment,) = folder.glob("*.open")
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    assert keys(reader) == ["a", "c"]
    (copy,) = (folder / DAMAGED).iterdir()
    assert copy.read_bytes() == bytes(data)
    assert copy.stat().st_mode & 0o077 == 0
    assert spool_state(folder).damaged == 1
    writer.close()


def test_nobody_else_reads_what_people_wrote(folder: Path) -> None:
    writer = SpoolWriter(folder)
    writer.append(1, "a", b"words")
    (segment,) = folder.glob("*.open")
    assert segment.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0
    writer.close()


def test_the_state_counts_what_waits(folder: Path) -> None:
    assert spool_state(folder) == writing_state(0, 0)
    writer = SpoolWriter(folder)
    writer.append(1, "a", b"words")
    state = spool_state(folder)
    assert (state.files, state.bytes) == (1, len(encode(Record(1, "a", b"words", NOW))))
    assert state.oldest_at is not None
    writer.close()


def writing_state(files: int, size: int) -> object:
    return type(spool_state(Path("/nowhere")))(files, size, None, 0)


def test_a_writer_goes_on_after_a_large_segment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "MOST_SEGMENT", 200)
    writer = SpoolWriter(folder)
    for number in range(9):
        writer.append(1, str(number), b"x" * 60)
    assert len(list(folder.glob("*.open"))) > 2
    assert keys(SpoolReader(folder)) == [str(number) for number in range(9)]
    writer.close()


def test_a_fork_writes_to_a_file_of_its_own(folder: Path) -> None:
    writer = SpoolWriter(folder)
    writer.append(1, "parent", b"")
    child = os.fork()
    if child == 0:
        writer.append(1, "child", b"")
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    writer.append(1, "parent again", b"")
    assert len(list(folder.glob("*.open"))) == 2
    assert sorted(keys(SpoolReader(folder))) == ["child", "parent", "parent again"]
    writer.close()


def _write_and_tell(folder: Path, name: int, told: int) -> None:
    writer = SpoolWriter(folder)
    for number in range(1_000_000):
        key = f"{name}.{number}"
        writer.append(1, key, b"x" * 2000)
        os.write(told, f"{key}\n".encode())


def test_what_was_acknowledged_outlives_its_killed_writer_while_a_reader_takes_over(folder: Path) -> None:
    ours, theirs = os.pipe()
    context = multiprocessing.get_context("fork")
    reader, found = SpoolReader(folder), []
    for name in range(6):
        process = context.Process(target=_write_and_tell, args=(folder, name, theirs))
        process.start()
        until = time.monotonic() + 0.05 + 0.03 * name
        while time.monotonic() < until:
            found += keys(reader)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    os.close(theirs)
    found += keys(reader) + keys(reader)
    with os.fdopen(ours, "rb") as told:
        acknowledged = told.read().decode().splitlines()
    assert len(acknowledged) > 6
    assert set(acknowledged) <= set(found)
    # A file that is left for one look is read twice; the database knows an event by its key.
    for name in range(6):
        own = [int(key.split(".")[1]) for key in dict.fromkeys(found) if key.startswith(f"{name}.")]
        assert own == sorted(own)
