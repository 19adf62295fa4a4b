"""What crew pages say in words: why a stop matters, when it is due, what was noted."""

from datetime import datetime, timedelta
from typing import Final

from openlocationcode import openlocationcode

from fieldops import i18n
from fieldops.domain.city import City
from fieldops.domain.work_order_states import StopEventKind
from fieldops.i18n import _, ngettext
from fieldops.models import Shift
from fieldops.queries.crew_day import Place, StopLine

MEANS: Final = ("cone", "sign", "plate", "cover")
"""What makes a place safe until it is repaired (product reference §4)."""


def means_words() -> list[tuple[str, str]]:
    """Return (code, words) of the ways to make a place safe."""
    words = {
        "cone": _("Cones"),
        "sign": _("Warning sign"),
        "plate": _("Steel plate"),
        "cover": _("Drain cover"),
    }
    return [(code, words[code]) for code in MEANS]


def shift_words(shift: Shift) -> str:
    """Return a shift's day and hours: Rabu 25 Nov, 07.00–15.30."""
    return (
        f"{i18n.date_words(shift.day)}, {i18n.clock_words(shift.starts_at)}–{i18n.clock_words(shift.ends_at)}"
    )


def reason_words(line: StopLine) -> str:
    """Return why a stop matters, without its severity: Near SD Kauman (80 m), 6 reports."""
    parts: list[str] = []
    if line.near:
        _kind, name, away_m = line.near
        parts.append(_("near %(place)s (%(away)s)", place=name, away=i18n.distance_words(away_m)))
    elif line.order.exposure > 1:
        parts.append(_("busy street"))
    if len(line.codes) > 1:
        parts.append(ngettext("%(num)d report merged", "%(num)d reports merged", len(line.codes)))
    if line.order.must_do:
        parts.append(_("must be done today"))
    if line.order.rework_of_id:
        parts.append(_("follows an earlier repair"))
    words = ", ".join(parts)
    return f"{words[:1].upper()}{words[1:]}." if words else ""


def due_words(due_at: datetime, now: datetime) -> tuple[str, str]:
    """Return (words, tone) of a deadline: late says by how much, near ones stand out."""
    if due_at <= now:
        late = now - due_at
        if late.days:
            late = timedelta(days=late.days)  # by the hour nobody plans what is days late
        return _("%(late)s late", late=i18n.duration_words(late)), "bad"
    is_today = i18n.local(due_at).date() == i18n.local(now).date()
    return _("Due %(day)s", day=i18n.date_words(due_at)), "bad" if is_today else "calm"


def plus_code(place: Place, city: City) -> str:
    """Return a place's Plus Code, short with the city's name where that is enough: CR8C+P5 Surakarta."""
    lon, lat = place
    full = str(openlocationcode.encode(lat, lon))
    centre_lon, centre_lat = city.centre
    short = full[4:]
    if openlocationcode.recoverNearest(short, centre_lat, centre_lon) == full:
        return f"{short} {city.name}"
    return full


def coordinates(place: Place) -> str:
    """Return latitude and longitude as map applications take them: -7.566000, 110.823000."""
    lon, lat = place
    return f"{lat:.6f}, {lon:.6f}"


def geo_link(line: StopLine) -> str:
    """Return the link that a phone opens in its own map application."""
    lon, lat = line.place
    return f"geo:{lat:.6f},{lon:.6f}?q={lat:.6f},{lon:.6f}({line.stop.position})"


def maps_link(place: Place) -> str:
    """Return directions in Google Maps: a link to tap, nothing of it is loaded here."""
    lon, lat = place
    return f"https://www.google.com/maps/dir/?api=1&destination={lat:.6f},{lon:.6f}&travelmode=driving"


def noted_words(kind: StopEventKind, position: int) -> str:
    """Return what a toast says after a report was taken."""
    words = {
        StopEventKind.LEFT: _("On the way to stop %(n)s.", n=position),
        StopEventKind.ARRIVED: _("Arrival at stop %(n)s noted.", n=position),
        StopEventKind.BEFORE_PHOTO: _("Photo before the work is kept."),
        StopEventKind.MADE_SAFE: _("Stop %(n)s is made safe. Its reporters are told.", n=position),
        StopEventKind.COMPLETED: _("Stop %(n)s is done. Its reporters are told.", n=position),
        StopEventKind.BLOCKED: _("Noted that stop %(n)s cannot be done. The dispatcher sees it.", n=position),
    }
    return str(words.get(kind, _("Noted.")))
