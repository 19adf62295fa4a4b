"""The few named errors. Operations raise them; every edge maps them once to its own kind of answer.

A message is an English message id with named placeholders; the edge translates it for its reader, so an
error carries the sentence and its values apart.
"""

from collections.abc import Mapping


class FieldOpsError(Exception):
    """Base of all errors that a user can cause or must be told about.

    Parameters
    ----------
    message
        English message id, with `%(name)s` placeholders.
    field
        The form field or key at fault, when there is one.
    **values
        What the placeholders stand for. Never personal data: errors are logged.
    """

    status = 500

    def __init__(self, message: str, *, field: str | None = None, **values: object) -> None:
        self.message = message
        self.field = field
        self.values: Mapping[str, object] = values
        super().__init__(message % values if values else message)


class InvalidInput(FieldOpsError):
    """What was sent cannot be taken as it is."""

    status = 422


class OutOfArea(InvalidInput):
    """The place lies outside the served city."""


class NotFound(FieldOpsError):
    """There is no such thing, or the asker may not know of it."""

    status = 404


class Gone(FieldOpsError):
    """A link that was good once and is no longer."""

    status = 410


class NotAllowed(FieldOpsError):
    """The asker is known and lacks the right."""

    status = 403


class Conflict(FieldOpsError):
    """Somebody else was faster, or the same key came with another body."""

    status = 409


class TooLarge(FieldOpsError):
    """More bytes or pixels than are accepted."""

    status = 413


class Busy(FieldOpsError):
    """The database is locked by another writer for too long; trying again is right."""

    status = 503


class StorageFull(FieldOpsError):
    """No room is left on the disk; nothing of the request was kept."""

    status = 507


class SetupError(FieldOpsError):
    """The installation lacks something; the message names it and how to get it."""
