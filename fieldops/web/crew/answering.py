"""What a crew's form gets back: the next page, or the form as it was typed; a phone's script reads JSON."""

from collections.abc import Callable
from typing import Final, TypeAlias

from flask import jsonify, redirect, request
from werkzeug.wrappers import Response

from fieldops.errors import FieldOpsError, NotAllowed, NotFound
from fieldops.web.answers import sentence, wants_json

Answer: TypeAlias = Response | str | tuple[str | Response, int]
FormAgain: TypeAlias = Callable[[dict[str, str], dict[str, str]], str]
"""Writes a form again, of the sentences by field and what was typed."""

PLACE_FIELDS: Final = frozenset({"place", "lat", "lon"})


def taken(leads_to: str) -> Answer:
    """Answer a form that was taken."""
    return jsonify(next=leads_to) if wants_json() else redirect(leads_to, 303)


def refused(error: FieldOpsError, again: FormAgain, *, place_field: str | None = None) -> Answer:
    """Answer a form that was not taken, with the error's status.

    Parameters
    ----------
    place_field
        The one field in which a place can be written: what is wrong with a place is said there.

    Raises
    ------
    NotAllowed, NotFound
        There is no form to show again.
    """
    field = place_field if place_field and error.field in PLACE_FIELDS else error.field
    words = sentence(error)
    if wants_json():
        return jsonify(error=words, field=field), error.status
    if isinstance(error, (NotAllowed, NotFound)):
        raise error
    return again({field or "form": words}, request.form.to_dict()), error.status
