"""A request's history in its reporter's words, with the steps still to come."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, Final

from fieldops.domain.request_states import RequestStatus
from fieldops.domain.waitings import WaitingKind
from fieldops.i18n import _, date_words, moment_words
from fieldops.models import RequestWaiting, ServiceRequest, StatusChange
from fieldops.web.words import CHANNEL, CLOSED_REASON, DECLINED_REASON, REQUEST_STATUS

S = RequestStatus
LOOKS: Final = {
    S.SUBMITTED: ("done", "inbox"), S.ACKNOWLEDGED: ("done", "eye"), S.SCHEDULED: ("calm", "cal"),
    S.IN_PROGRESS: ("calm", "truck"), S.DONE: ("done", "check"), S.CLOSED: ("done", "check"),
    S.DUPLICATE: ("calm", "merge"), S.DECLINED: ("bad", "ban"), S.REFERRED: ("calm", "refer"),
    S.REOPENED: ("bad", "undo"),
}  # fmt: skip
PATH: Final = (S.ACKNOWLEDGED, S.SCHEDULED, S.IN_PROGRESS, S.DONE, S.CLOSED)
ENDS: Final = (".", "?", "!", "…")

Item = dict[str, Any]


def timeline_of(
    request: ServiceRequest, history: list[StatusChange], waitings: Iterable[RequestWaiting] = ()
) -> list[Item]:
    """Return the timeline's items, oldest first, those to come marked `later`."""
    asked = [row for row in waitings if row.kind == WaitingKind.AUTHORITY.value]
    dated = [(change.at, _passed(change)) for change in history] + _waited(asked)
    if request.made_safe_at is not None:
        when = moment_words(request.made_safe_at)
        words = _("%(when)s. The place is secured; the repair follows.", when=when)
        item = {"title": _("Made safe for now"), "text": words, "icon": "cone", "tone": "road"}
        dated.append((request.made_safe_at, item))
    dated.sort(key=lambda pair: pair[0])
    awaited = next((row for row in asked if row.ended_at is None), None)
    return [item for _at, item in dated] + _to_come(RequestStatus(request.status), awaited)


def _waited(asked: Iterable[RequestWaiting]) -> list[tuple[datetime, Item]]:
    """Return what became of asking another authority: asked again, or not answered in time."""
    found: list[tuple[datetime, Item]] = []
    for row in asked:
        authority = row.facts.get("authority", "")
        if row.facts.get("again"):
            title = _("%(authority)s was asked again", authority=authority)
            text = " ".join(part for part in (f"{moment_words(row.since)}.", row.words) if part)
            found.append((row.since, {"title": title, "text": text, "icon": "refer", "tone": "calm"}))
        if row.passed_at is not None:
            title = _("No answer from %(authority)s yet", authority=authority)
            text = _("%(when)s. We are to ask again.", when=moment_words(row.passed_at))
            found.append((row.passed_at, {"title": title, "text": text, "icon": "clock", "tone": "bad"}))
    return found


def _passed(change: StatusChange) -> Item:
    target = RequestStatus(change.target)
    tone, icon = LOOKS[target]
    title = _("With us again") if change.facts.get("came_back") else REQUEST_STATUS[change.target]()
    if target is S.ACKNOWLEDGED and change.source in (S.SCHEDULED.value, S.IN_PROGRESS.value):
        title, tone, icon = _("Put off"), "road", "pause"
    if target is S.CLOSED and change.facts.get("closed_reason") in CLOSED_REASON:
        title = CLOSED_REASON[change.facts["closed_reason"]]()
    words = change.words
    if words and target is S.REOPENED:
        words = _("You wrote: “%(words)s”", words=words)
    sentences = [moment_words(change.at), _detail(change, target), words]
    text = " ".join(part if part.endswith(ENDS) else f"{part}." for part in sentences if part)
    return {"title": title, "text": text, "icon": icon, "tone": tone}


def _detail(change: StatusChange, target: RequestStatus) -> str:
    facts = change.facts
    if target is S.SUBMITTED:
        channel = CHANNEL.get(facts.get("channel"))
        return _("By: %(channel)s", channel=channel()) if channel else ""
    if target is S.ACKNOWLEDGED and change.source == S.SUBMITTED.value:
        return _("An officer has read it")
    if target is S.SCHEDULED and "date" in facts:
        return _("Planned for %(day)s", day=date_words(date.fromisoformat(str(facts["date"])[:10])))
    if target is S.DECLINED and facts.get("reason") in DECLINED_REASON:
        return str(DECLINED_REASON[facts["reason"]]())
    if target is S.REFERRED and facts.get("authority"):
        return _("To: %(authority)s", authority=facts["authority"])
    if target is S.DUPLICATE:
        return _("Joined with another report of this place; you hear of both")
    return ""


def _to_come(status: RequestStatus, awaited: RequestWaiting | None) -> list[Item]:
    if awaited is not None:
        title = _("Answer of %(authority)s", authority=awaited.facts.get("authority", ""))
        text = _("Expected by %(day)s", day=date_words(awaited.due_at)) if awaited.passed_at is None else ""
        return [{"title": title, "text": text, "icon": "refer", "later": True}]
    if status in PATH:
        rest = PATH[PATH.index(status) + 1 :]
    elif status in (S.SUBMITTED, S.REOPENED):
        rest = PATH
    else:
        rest = ()
    items: list[Item] = [
        {"title": REQUEST_STATUS[step.value](), "icon": LOOKS[step][1], "later": True} for step in rest
    ]
    if items:
        items[-1]["text"] = _("You have the last word: fixed or not.")
    return items
