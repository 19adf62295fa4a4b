"""Promises of a week in words: which, and what was missing where one was not kept."""

from collections.abc import Callable, Mapping
from typing import Final

from fieldops.domain.misses import MissReason, PromiseKind
from fieldops.i18n import _, number
from fieldops.queries.week_promises import DuePromise
from fieldops.web.words import BLOCKED_REASON

PROMISE: Final[Mapping[PromiseKind, Callable[[], str]]] = {
    PromiseKind.FIRST_RESPONSE: lambda: _("First response"),
    PromiseKind.FOLLOW_UP: lambda: _("Follow-up"),
    PromiseKind.REPAIR: lambda: _("Repair"),
}

REASON: Final[Mapping[MissReason, Callable[[], str]]] = {
    MissReason.NOBODY_HAD_IT: lambda: _("Nobody had taken the conversation"),
    MissReason.HANDED_OVER: lambda: _("Handed to another department on the way"),
    MissReason.NOT_ANSWERED: lambda: _("Taken, but not answered"),
    MissReason.NOT_REPORT: lambda: _("The conversation had not become a report"),
    MissReason.NOT_READ: lambda: _("Nobody had read the report"),
    MissReason.NO_PLACE: lambda: _("The place was not sure"),
    MissReason.NO_ORDER: lambda: _("There was no open work order"),
    MissReason.NOT_READY: lambda: _("The work order was still a draft"),
    MissReason.NOT_PLANNED: lambda: _("On no crew’s list"),
    MissReason.TAKEN_OFF: lambda: _("On a list, but taken off before the crew came"),
    MissReason.BLOCKED: lambda: _("The crew could not do it"),
    MissReason.ON_LIST: lambda: _("On a crew’s list, for later than promised"),
}


def reason_words(one: DuePromise) -> str:
    """Return what was missing: "The crew could not do it: material ran out"."""
    if one.reason is None:
        return ""
    said = REASON[one.reason]()
    blocked = BLOCKED_REASON.get(one.blocked_reason or "")
    return f"{said}: {blocked()}" if blocked else said


def share_words(kept: int, due: int) -> str:
    """Return "81,3 %", or a dash where nothing fell due."""
    return _("%(share)s %%", share=number(100 * kept / due, 1)) if due else "–"
