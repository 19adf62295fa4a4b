"""Priorities, clocks and reasons as a dispatcher reads them."""

from datetime import datetime

from fieldops.domain.priorities import Priority
from fieldops.i18n import _, distance_words, duration_words, ngettext
from fieldops.operations.measure_places import Beside
from fieldops.queries.board import BoardRow
from fieldops.web.words import SEVERITY


def reasons_words(priority: Priority, beside: Beside | None = None) -> str:
    """Return why a place ranks where it does: "Heavy, near SD Danukusuman 2 (80 m), 6 reports"."""
    held = dict(priority.reasons)
    parts = [SEVERITY[int(held["severity"])]()]
    if beside is not None:
        parts.append(
            _("near %(landmark)s (%(away)s)", landmark=beside.name, away=distance_words(beside.away_m))
        )
    elif "exposure" in held:
        parts.append(_("on a busy street"))
    if "reports" in held:
        parts.append(ngettext("%(num)d report", "%(num)d reports", int(held["reports"])))
    return ", ".join(parts)


def clock_said(due_at: datetime | None, now: datetime) -> tuple[str, str]:
    """Return (words, tone) of a deadline: "2 days left" or "1 day late"."""
    if due_at is None:
        return _("no deadline"), "quiet"
    left = due_at - now
    if left.total_seconds() < 0:
        return _("%(d)s late", d=duration_words(-left)), "bad"
    tone = "road" if left.total_seconds() < 24 * 3600 else "calm"
    return _("%(d)s left", d=duration_words(left)), tone


def clock_name(row: BoardRow) -> str:
    """Return what a row's deadline is for."""
    return _("First response") if row.clock == "first_response" else _("Repair")


def state_words(code: str) -> str:
    """Return a board state in words."""
    return {
        "unread": _("To read"),
        "verified": _("Needs an order"),
        "blocked": _("Blocked"),
        "ready": _("Ready to plan"),
        "planned": _("Planned"),
        "overdue": _("Overdue"),
    }[code]


def family_words(code: str) -> str:
    """Return a service family in words."""
    known = {
        "road": _("Roads"),
        "drain": _("Drains"),
        "water": _("Standing water"),
        "cover": _("Drain covers"),
    }
    return known.get(code, _("Other"))
