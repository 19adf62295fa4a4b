"""Records in a file: whole ones count, torn and damaged ones are told apart, whatever the bytes."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from fieldops.spool.records import HEAD, MARK, Contents, Record, decode, encode

AT = datetime(2026, 11, 30, 1, 2, 3, 456789, tzinfo=UTC)

made = st.builds(
    Record,
    st.integers(0, 2**62),
    st.text(max_size=40),
    st.binary(max_size=200),
    st.integers(0, 10**15).map(lambda us: AT + timedelta(microseconds=us % 10**12)),
)


def record(number: int = 1, raw: bytes = b"{}") -> Record:
    return Record(number, f"wamid.{number}", raw, AT + timedelta(seconds=number))


@given(st.lists(made, max_size=8))
def test_what_is_written_is_read_again(records: list[Record]) -> None:
    assert decode(b"".join(map(encode, records))) == Contents(tuple(records))


@given(st.lists(made, min_size=1, max_size=5), st.data())
def test_a_file_cut_off_anywhere_keeps_all_whole_records(records: list[Record], data: st.DataObject) -> None:
    whole = [encode(one) for one in records]
    end = data.draw(st.integers(0, len(b"".join(whole))))
    kept, size = [], 0
    for one, written in zip(records, whole, strict=True):
        size += len(written)
        if size <= end:
            kept.append(one)
    found = decode(b"".join(whole)[:end])
    assert list(found.records) == kept
    assert found.damaged_bytes == 0
    assert found.torn_bytes == end - sum(len(encode(one)) for one in kept)


@given(st.lists(made, min_size=2, max_size=5), st.data())
def test_one_changed_byte_costs_one_record_and_is_seen(records: list[Record], data: st.DataObject) -> None:
    whole = [encode(one) for one in records]
    broken = data.draw(st.integers(0, len(records) - 2))
    at = data.draw(st.integers(0, len(whole[broken]) - 1))
    changed = bytearray(whole[broken])
    changed[at] ^= 0xFF
    found = decode(b"".join([*whole[:broken], bytes(changed), *whole[broken + 1 :]]))
    assert list(found.records) == records[:broken] + records[broken + 1 :]
    assert found.damaged_bytes == len(whole[broken])
    assert found.torn_bytes == 0


@given(st.binary(max_size=300))
def test_any_bytes_are_taken(data: bytes) -> None:
    found = decode(data)
    assert found.torn_bytes + found.damaged_bytes == len(data)


def test_a_record_inside_a_message_is_no_record() -> None:
    sly = record(1, raw=encode(record(2)))
    assert decode(encode(sly) + encode(record(3))).records == (sly, record(3))


def test_a_length_beyond_any_event_is_damage_not_a_torn_end() -> None:
    found = decode(HEAD.pack(MARK, 2**31, b"x" * 16) + b"rest")
    assert (found.records, found.torn_bytes) == ((), 0)
    assert found.damaged_bytes == HEAD.size + 4


def test_the_last_record_damaged_in_place_is_told_from_a_torn_one() -> None:
    written = bytearray(encode(record()))
    written[-1] ^= 1
    assert decode(bytes(written)).damaged_bytes == len(written)
