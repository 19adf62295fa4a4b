"""What reports wait for, in words: on lists, on pages and in histories."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from typing import Any

from fieldops.domain.waitings import WaitingKind
from fieldops.i18n import _, date_words, duration_words, moment_words, ngettext
from fieldops.models import RequestWaiting
from fieldops.web.dispatch.said import clock_said

DatedItem = tuple[datetime, dict[str, Any]]


def kind_words(kind: WaitingKind) -> str:
    """Return what a list of waitings is called."""
    return {
        WaitingKind.AUTHORITY: _("Another authority’s answer"),
        WaitingKind.PLACE: _("A sure place"),
        WaitingKind.REPAIR: _("The repair of what was made safe"),
    }[kind]


def next_step(kind: WaitingKind) -> str:
    """Return what somebody does when the time is over."""
    return {
        WaitingKind.AUTHORITY: _("Ask the authority again, or take the report back."),
        WaitingKind.PLACE: _("Find the place, or decline the report and say what is missing."),
        WaitingKind.REPAIR: _("Plan the repair: signs and cones do not last."),
    }[kind]


def since_words(row: RequestWaiting) -> str:
    """Return since when a report waits, and for whom: "BBPJN, asked Mon 23 Nov"."""
    day = date_words(row.since)
    kind = WaitingKind(row.kind)
    if kind is WaitingKind.AUTHORITY:
        authority = row.facts.get("authority") or _("another authority")
        if row.facts.get("again"):
            return _("%(authority)s, asked again %(day)s", authority=authority, day=day)
        return _("%(authority)s, asked %(day)s", authority=authority, day=day)
    if kind is WaitingKind.PLACE:
        return _("no sure place since %(day)s", day=day)
    return _("made safe %(day)s", day=day)


def due_said(row: RequestWaiting, now: datetime) -> tuple[str, str]:
    """Return (words, tone) of a waiting's deadline; amber from the warning on."""
    words, tone = clock_said(row.due_at, now)
    return words, tone if tone == "bad" else ("road" if row.warn_at <= now else "calm")


def notes_said(rows: Iterable[RequestWaiting], now: datetime) -> list[dict[str, str]]:
    """Return a note for each thing that is waited for; what several reports wait for alike is said once."""
    found: dict[tuple[str, str], RequestWaiting] = {}
    for row in sorted(rows, key=lambda one: (one.due_at, one.id)):
        if row.ended_at is None:
            found.setdefault((row.kind, str(row.facts.get("authority", ""))), row)
    notes = []
    for row in found.values():
        words, tone = due_said(row, now)
        kind = WaitingKind(row.kind)
        step = next_step(kind) if tone == "bad" else _("Until %(t)s.", t=moment_words(row.due_at))
        said = since_words(row)
        text = f"{said[:1].upper()}{said[1:]}: {words}. {step}"
        notes.append({"title": _title(kind), "text": text, "tone": tone})
    return notes


def _title(kind: WaitingKind) -> str:
    return _("Waits for: %(what)s.", what=kind_words(kind))


def history_items(rows: Iterable[RequestWaiting], names: dict[int, str]) -> list[DatedItem]:
    """Return what happened to waitings as items of a timeline, each with its time; what several reports had
    at once is told once.
    """
    events = [event for row in rows for event in _events(row)]
    events.sort(key=lambda event: (event[0], event[1], event[2].id))
    items: list[DatedItem] = []
    for (_minute, code), held in groupby(
        events, key=lambda event: (event[0].replace(second=0, microsecond=0), event[1])
    ):
        together = list(held)
        at, _code, row = together[0]
        items.append((at, _item(code, at, row, len(together), names)))
    return items


def _events(row: RequestWaiting) -> list[tuple[datetime, str, RequestWaiting]]:
    found = []
    if row.facts.get("again"):
        found.append((row.since, "asked_again", row))
    elif row.kind == WaitingKind.REPAIR.value:
        found.append((row.since, "made_safe", row))
    if row.warned_at is not None:
        found.append((row.warned_at, f"warned.{row.kind}", row))
    if row.passed_at is not None:
        found.append((row.passed_at, f"passed.{row.kind}", row))
    return found


def _item(code: str, at: datetime, row: RequestWaiting, count: int, names: dict[int, str]) -> dict[str, Any]:
    length = duration_words(row.due_at - row.since)
    authority = row.facts.get("authority") or _("another authority")
    title, tone, icon = {
        "asked_again": (_("%(authority)s was asked again", authority=authority), "calm", "refer"),
        "made_safe": (_("Made safe"), "road", "cone"),
        "warned.authority": (
            _("Soon without an answer from %(authority)s", authority=authority), "road", "clock",
        ),
        "warned.place": (_("Soon too long without a place"), "road", "clock"),
        "warned.repair": (_("Made safe; the repair is due soon"), "road", "clock"),
        "passed.authority": (
            _("No answer from %(authority)s in %(d)s", authority=authority, d=length), "bad", "clock",
        ),
        "passed.place": (_("No sure place in %(d)s", d=length), "bad", "clock"),
        "passed.repair": (_("Not repaired in %(d)s since it was made safe", d=length), "bad", "clock"),
    }[code]  # fmt: skip
    parts = [moment_words(at)]
    is_ours = code in ("asked_again", "made_safe")
    if is_ours and row.user_id in names:
        parts.append(names[row.user_id])
    elif not is_ours:
        parts.append(_("FieldOps itself"))
    if count > 1:
        parts.append(ngettext("%(num)d report", "%(num)d reports", count))
    text = " · ".join(parts)
    words = row.words if code == "asked_again" else ""
    return {"title": title, "text": f"{text}. “{words}”" if words else text, "tone": tone, "icon": icon}
