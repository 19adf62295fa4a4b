"""Where photos are kept: a folder by default, an object store by setting. Private in both."""

import errno
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from fieldops.errors import InvalidInput, NotFound, SetupError, StorageFull

NAME: Final = re.compile(r"[0-9a-f]{64}-[a-z]{1,20}\.[a-z0-9]{2,5}")
NO_ROOM: Final = {errno.ENOSPC, errno.EDQUOT}


def photo_name(sha256: str, size: str) -> str:
    """Return the stored name of one size of a photo: `<sha256>-large.jpg`."""
    return checked_name(f"{sha256}-{size}.jpg")


def checked_name(name: str) -> str:
    """Return the name if it is one the store gives, so that no path can be smuggled in."""
    if not NAME.fullmatch(name):
        raise InvalidInput("This is not the name of a stored photo.")
    return name


class MediaStore:
    """Files by name under one address.

    Parameters
    ----------
    url
        An fsspec address: `file:///folder` (made when it is missing) or `s3://bucket/path`.
    **options
        What the file system takes, such as S3's `endpoint_url`.

    Raises
    ------
    SetupError
        No such kind of address, or the package for it is not installed.
    """

    def __init__(self, url: str, **options: Any) -> None:
        try:
            self._fs, root = fsspec.url_to_fs(url, **options)
        except (ImportError, ValueError) as error:
            raise SetupError(
                "Photos cannot be kept at %(scheme)s: %(reason)s.",
                scheme=url.partition("://")[0],
                reason=error,
            ) from error
        self._root = root.rstrip("/")

    def put(self, name: str, data: bytes) -> None:
        """Keep a file, whole or not at all; the same name again replaces it.

        Raises
        ------
        StorageFull
            No room is left; nothing of it was kept.
        InvalidInput
            A name that is not one of the store's.
        """
        path = self._path(name)
        try:
            if isinstance(self._fs, LocalFileSystem):
                _write_whole(Path(path), data)
            else:
                self._fs.pipe_file(path, data)  # an object appears with its last byte
        except OSError as error:
            if error.errno in NO_ROOM:
                raise StorageFull(
                    "There is no room left to keep the photo. Nothing of it was kept."
                ) from error
            raise

    def open(self, name: str) -> BinaryIO:
        """Open a file for reading; the caller closes it.

        Raises
        ------
        NotFound
            It is not there.
        """
        try:
            return cast("BinaryIO", self._fs.open(self._path(name), "rb"))
        except FileNotFoundError as error:
            raise NotFound("This photo is no longer kept.") from error

    def delete(self, name: str) -> None:
        """Delete a file for good; one that is not there is no error.

        Names come from content, so two requests may share a file: delete it when the last one lets go.
        """
        try:
            self._fs.rm_file(self._path(name))
        except FileNotFoundError:
            return
        self._fs.invalidate_cache()

    def exists(self, name: str) -> bool:
        """Say whether a file is kept."""
        return bool(self._fs.isfile(self._path(name)))

    def names(self) -> Iterator[str]:
        """Yield the names of all files kept, for backups and clean-up, in no particular order."""
        for path in self._fs.find(self._root):
            name = path.rpartition("/")[2]
            if NAME.fullmatch(name):
                yield name

    def _path(self, name: str) -> str:
        # Two levels of 256 folders: none grows so large that listing it hurts.
        return f"{self._root}/{checked_name(name)[:2]}/{name[2:4]}/{name}"


def _write_whole(path: Path, data: bytes) -> None:
    for folder in (path.parents[2], path.parents[1], path.parent):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    folder_descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder_descriptor)  # else a power cut may forget the name of what is safely on the disk
    finally:
        os.close(folder_descriptor)
