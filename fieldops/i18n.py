"""Languages, and figures and times as people of the city write them."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from flask import current_app, g, has_request_context, request
from flask_babel import force_locale as in_language
from flask_babel import format_date, format_decimal, get_locale, gettext, lazy_gettext
from flask_babel import ngettext as plural

LANGUAGES: Final = ("id", "en")
"""Complete in both; the first is the default."""

# Flask-Babel ships no annotations; these say what its functions return.
_: Callable[..., str] = gettext
_l = lazy_gettext
ngettext: Callable[..., str] = plural

__all__ = [
    "LANGUAGES",
    "_",
    "_l",
    "chosen_language",
    "date_words",
    "in_language",
    "local",
    "ngettext",
    "time_words",
]


def chosen_language() -> str:
    """Return the language of this request: the reader's choice, else Indonesian."""
    if not has_request_context():
        return LANGUAGES[0]
    if "language" in g:
        return str(g.language)
    chosen = request.cookies.get("language", "")
    if chosen in LANGUAGES:
        return chosen
    return LANGUAGES[0]


def zone() -> ZoneInfo:
    """Return the city's time zone."""
    return ZoneInfo(current_app.extensions["fieldops"].city.time_zone)


def local(moment: datetime) -> datetime:
    """Return an aware time in the city's zone."""
    return moment.astimezone(zone())


def language() -> str:
    """Return the code of the language in force."""
    found = get_locale()
    return found.language if found else LANGUAGES[0]


def number(value: float, decimals: int = 0) -> str:
    """Write a figure with the language's marks: 1.234,5 or 1,234.5."""
    pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    return str(format_decimal(round(value, decimals) or 0, format=pattern))  # "or": no minus before nothing


def date_words(day: date | datetime, *, weekday: bool = True, year: bool = False) -> str:
    """Write a day: Rabu 25 Nov, Rabu 25 Nov 2026."""
    if isinstance(day, datetime):
        day = local(day).date()
    pattern = ("EEEE d MMM" if weekday else "d MMM") + (" y" if year else "")
    return str(format_date(day, format=pattern, rebase=False))


def time_words(moment: datetime) -> str:
    """Write a time of day: 09.40 WIB in Indonesian, 09:40 WIB in English."""
    at = local(moment)
    mark = "." if language() == "id" else ":"
    return f"{at:%H}{mark}{at:%M} {at.tzname()}"


def moment_words(moment: datetime) -> str:
    """Write a day and a time: Rabu 25 Nov, 09.40 WIB."""
    return f"{date_words(moment)}, {time_words(moment)}"


def clock_words(moment: datetime) -> str:
    """Write a time of day without its zone, for tables whose head names it: 09.40."""
    at = local(moment)
    return f"{at:%H}.{at:%M}" if language() == "id" else f"{at:%H}:{at:%M}"


def duration_words(length: timedelta | float) -> str:
    """Write a duration in its two largest units: 2 days 3 hours, 1 hour 05 min, 12 min."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else float(length)
    minutes = max(0, round(seconds / 60))
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts: list[str] = []
    if days:
        parts.append(ngettext("%(num)d day", "%(num)d days", days))
    if hours:
        parts.append(ngettext("%(num)d hour", "%(num)d hours", hours))
    if not days and (minutes or not hours):
        parts.append(_("%(m)s min", m=f"{minutes:02d}" if hours else minutes))
    return " ".join(parts)


def distance_words(metres: float) -> str:
    """Write a distance: 70 m, 650 m, 1,6 km."""
    if metres < 995:
        step = 1 if metres < 20 else 10
        return f"{number(round(metres / step) * step)} m"
    return f"{number(metres / 1000, 1)} km"
