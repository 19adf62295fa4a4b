import contextlib
import errno
import hashlib
import stat
import subprocess

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from fieldops.errors import InvalidInput, NotFound, SetupError, StorageFull
from fieldops.media.store import MediaStore, photo_name

DIGEST = hashlib.sha256(b"photo").hexdigest()
LARGE, SMALL = photo_name(DIGEST, "large"), photo_name(DIGEST, "small")


@pytest.fixture(params=["file", "memory"])
def store(request, tmp_path):
    # The object store in memory stands for S3: both write whole objects through the same call.
    yield MediaStore(f"file://{tmp_path}/media" if request.param == "file" else "memory://bucket/media")
    MemoryFileSystem.store.clear()


def test_what_is_put_can_be_opened_listed_and_deleted(store):
    assert not store.exists(LARGE)
    store.put(LARGE, b"large")
    store.put(SMALL, b"small")
    with store.open(LARGE) as file:
        assert file.read() == b"large"
    assert sorted(store.names()) == sorted([LARGE, SMALL])
    store.delete(LARGE)
    store.delete(LARGE)
    assert not store.exists(LARGE)
    assert list(store.names()) == [SMALL]


def test_the_same_name_again_replaces(store):
    store.put(LARGE, b"first")
    store.put(LARGE, b"second")
    with store.open(LARGE) as file:
        assert file.read() == b"second"


def test_an_empty_store_lists_nothing(store):
    assert list(store.names()) == []


def test_what_is_not_there_is_not_found(store):
    with pytest.raises(NotFound, match="no longer kept"):
        store.open(LARGE)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "", DIGEST, f"{DIGEST}-large.jpg/..", f"/{LARGE}", f"{LARGE}\n"]
)
def test_a_name_cannot_leave_the_store(store, name):
    for use in (store.open, store.exists, store.delete, lambda given: store.put(given, b"")):
        with pytest.raises(InvalidInput, match="not the name of a stored photo"):
            use(name)


def test_names_are_made_of_digest_and_size():
    assert photo_name(DIGEST, "large") == f"{DIGEST}-large.jpg"
    with pytest.raises(InvalidInput):
        photo_name("abc", "large")


def test_files_in_a_folder_are_for_their_owner_only(tmp_path):
    MediaStore(f"file://{tmp_path}/media").put(LARGE, b"large")
    (file,) = (path for path in (tmp_path / "media").rglob("*") if path.is_file())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in file.parents[:3]} == {0o700}


def test_an_unfinished_write_leaves_nothing(tmp_path):
    store = MediaStore(f"file://{tmp_path}/media")
    store.put(LARGE, b"large")
    with pytest.raises(TypeError):
        store.put(LARGE, "not bytes")
    with store.open(LARGE) as file:
        assert file.read() == b"large"
    assert len([path for path in (tmp_path / "media").rglob("*") if path.is_file()]) == 1


@contextlib.contextmanager
def small_disk(folder):
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def test_a_full_disk_keeps_what_was_there_and_nothing_of_the_new(tmp_path):
    with small_disk(tmp_path / "disk") as folder:
        store = MediaStore(f"file://{folder}")
        store.put(LARGE, b"large")
        with pytest.raises(StorageFull, match="no room left to keep the photo"):
            store.put(LARGE, bytes(200_000))
        with store.open(LARGE) as file:
            assert file.read() == b"large"
        assert [path.name for path in folder.rglob("*") if path.is_file()] == [LARGE]


def test_a_full_object_store_says_so_and_other_faults_stay_what_they_are(monkeypatch):
    class Failing(MemoryFileSystem):
        protocol = "failing"
        fault = errno.EDQUOT

        def pipe_file(self, path, value, mode="overwrite", **kwargs):
            raise OSError(self.fault, "no")

    store = MediaStore("memory://bucket")
    store._fs = Failing()
    with pytest.raises(StorageFull):
        store.put(LARGE, b"large")
    Failing.fault = errno.EIO
    with pytest.raises(OSError, match="no") as fault:
        store.put(LARGE, b"large")
    assert fault.value.errno == errno.EIO


def test_an_address_that_cannot_be_opened_is_refused_at_once():
    with pytest.raises(SetupError, match="Photos cannot be kept at nowhere: "):
        MediaStore("nowhere://bucket")
