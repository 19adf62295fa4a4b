"""One unit of work: the edge opens it, operations work in it, it commits or leaves no trace."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from fieldops.errors import Busy, Conflict, FieldOpsError, InvalidInput, StorageFull
from fieldops.extensions import db
from fieldops.spatialite import writing

LOCKED = ("database is locked", "lock timeout", "deadlock detected", "could not obtain lock")
AWAY = ("connection failed", "server closed the connection", "terminating connection")
TWICE = ("unique constraint",)
FULL = ("database or disk is full", "no space left on device", "could not extend file")


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a unit of work that writes, yield its session, and commit at the end.

    A read that the request has begun is ended first, so that SQLite can take the write lock at BEGIN.

    Raises
    ------
    Busy
        Another writer held the database for longer than the busy timeout.
    StorageFull
        The disk is full; nothing of this unit of work was kept.
    Conflict
        A row was changed by somebody else since it was read, or two did one thing at once.
    """
    if writing.get():
        raise RuntimeError("a unit of work is open already; operations never open their own")
    session = db.session()
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("something was changed before the unit of work was opened")
    if session.in_transaction():
        session.rollback()
    token = writing.set(True)
    try:
        yield session
        session.commit()
    except BaseException as error:
        session.rollback()
        known = as_known(error)
        if known is None:
            raise
        raise known from error
    finally:
        writing.reset(token)


def as_known(error: BaseException) -> FieldOpsError | None:
    """Return what a database's or the disk's error means to a user, or None for all others."""
    if isinstance(error, StaleDataError):
        return Conflict("Somebody else changed this in the meantime. Look at the new state and try again.")
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull(
            "The disk is full, so nothing was saved. Your entry is kept on the page; try again later."
        )
    if isinstance(error, IntegrityError) and any(sign in str(error.orig).lower() for sign in TWICE):
        return Conflict("Somebody else changed this in the meantime. Look at the new state and try again.")
    if isinstance(error, DataError) and "nul (0x00)" in str(error.orig).lower():
        return InvalidInput("What was sent holds a sign that is no text.")
    if isinstance(error, DBAPIError):
        if error.connection_invalidated or any(phrase in str(error.orig).lower() for phrase in AWAY):
            return Busy("The database does not answer at the moment. Please try again in a moment.")
        words = str(error.orig).lower()
        if any(phrase in words for phrase in FULL):
            return StorageFull(
                "The disk is full, so nothing was saved. Your entry is kept on the page; try again later."
            )
        if any(phrase in words for phrase in LOCKED):
            return Busy("The database is busy. Nothing was lost; please try again in a moment.")
    return None
