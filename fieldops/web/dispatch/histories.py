"""Appended histories as timelines: what happened, when, by whom, with which words."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any, Final

from fieldops.i18n import _, clock_words, date_words, moment_words, ngettext
from fieldops.models import RequestWaiting, StatusChange, WorkOrderChange
from fieldops.web.dispatch.waiting_words import history_items
from fieldops.web.words import (
    BLOCKED_REASON,
    CLOSED_REASON,
    DECLINED_REASON,
    ORDER_STATUS,
    REPAIR_KIND,
    REQUEST_STATUS,
    ROLE,
)

LOOKS: Final = {
    "submitted": ("calm", "inbox"),
    "acknowledged": ("road", "eye"),
    "scheduled": ("calm", "cal"),
    "in_progress": ("calm", "truck"),
    "done": ("done", "check"),
    "closed": ("done", "check"),
    "duplicate": ("calm", "merge"),
    "declined": ("bad", "ban"),
    "referred": ("calm", "refer"),
    "reopened": ("bad", "undo"),
    "draft": ("quiet", "edit"),
    "ready": ("road", "list"),
    "batched": ("calm", "route"),
    "blocked": ("bad", "barrier"),
    "cancelled": ("quiet", "ban"),
    "corrected": ("quiet", "edit"),
}


def who(actor: str, user_id: int | None, names: dict[int, str]) -> str:
    """Return who did something, in words."""
    if user_id in names:
        return names[user_id]
    if actor == "system":
        return _("FieldOps itself")
    if actor == "reporter":
        return _("the reporter")
    return ROLE[actor]() if actor in ROLE else actor


def request_timeline(
    changes: Iterable[StatusChange], names: dict[int, str], waitings: Iterable[RequestWaiting] = ()
) -> list[dict[str, Any]]:
    """Return timeline items, with what became of waitings; what happened to several reports at once is told
    once.
    """
    items: list[tuple[datetime, dict[str, Any]]] = []
    ordered = sorted(changes, key=lambda change: (change.at, change.target, change.id))
    for (_at, target), held in groupby(ordered, key=lambda change: (_minute(change.at), change.target)):
        together = list(held)
        first = together[0]
        count = ngettext("%(num)d report", "%(num)d reports", len(together))
        parts = [moment_words(first.at), who(first.actor, first.user_id, names)]
        if len(together) > 1:
            parts.append(count)
        title = _("Came back to us") if first.facts.get("came_back") else REQUEST_STATUS[target]()
        items.append((first.at, _item(title, target, parts, _facts(first.facts), first.words)))
    items += history_items(waitings, names)
    return [item for _when, item in sorted(items, key=lambda pair: pair[0])]


def order_timeline(changes: Iterable[WorkOrderChange], names: dict[int, str]) -> list[dict[str, Any]]:
    """Return the timeline of one work order."""
    return [
        _item(
            _("Corrected") if "changed" in change.facts else ORDER_STATUS[change.target](),
            "corrected" if "changed" in change.facts else change.target,
            [moment_words(change.at), who(change.actor, change.user_id, names)],
            [*_facts(change.facts), *_corrections(change.facts.get("changed", {}))],
            change.words,
        )
        for change in changes
    ]


def _corrections(changed: dict[str, Any]) -> list[str]:
    """Return what was set to what, in words."""
    said: list[str] = []
    if "minutes" in changed:
        said.append(_("%(old)s → %(new)s minutes", **_pair(changed["minutes"])))
    if "material" in changed:
        said.append(_("material %(old)s → %(new)s", **_pair(changed["material"])))
    if "must_do" in changed:
        said.append(_("must be done") if changed["must_do"][1] else _("no longer a must"))
    if "pinned" in changed:
        said.append(_pinned(changed["pinned"]))
    if "used" in changed:
        said.append(_("used %(old)s → %(new)s", **_pair(changed["used"])))
    return said


def _pair(values: list[Any]) -> dict[str, Any]:
    return {"old": values[0], "new": values[1]}


def _pinned(pin: dict[str, Any] | None) -> str:
    if pin is None:
        return _("no longer pinned")
    parts = [_("crew %(letter)s", letter=pin["crew"])] if pin.get("crew") else []
    if pin.get("hours"):
        starts, until = (datetime.fromisoformat(at) for at in pin["hours"])
        parts.append(f"{date_words(starts)} {clock_words(starts)}–{clock_words(until)}")
    return _("pinned: %(what)s", what=", ".join(parts))


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _item(title: str, code: str, parts: list[str], facts: list[str], words: str) -> dict[str, Any]:
    tone, icon = LOOKS.get(code, ("quiet", "info"))
    text = " · ".join([*parts, *facts])
    return {"title": title, "text": f"{text}. “{words}”" if words else text, "tone": tone, "icon": icon}


def _facts(facts: dict[str, Any]) -> list[str]:
    reason = facts.get("reason")
    said = [known[reason]() for known in (BLOCKED_REASON, DECLINED_REASON) if reason in known]
    if (closed := facts.get("closed_reason")) in CLOSED_REASON:
        said.append(CLOSED_REASON[closed]())
    if (kind := facts.get("repair_kind")) in REPAIR_KIND:
        said.append(REPAIR_KIND[kind]())
    if authority := facts.get("authority"):
        came_back = facts.get("came_back")
        said.append(
            _("from %(authority)s", authority=authority)
            if came_back
            else _("to %(authority)s", authority=authority)
        )
    return said
