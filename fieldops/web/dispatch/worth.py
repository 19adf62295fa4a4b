"""What an order is worth, shown as it is worked out: the usual worth times what makes it more or less."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fieldops.domain.priorities import BASE_S, LEAST_S, MOST_S, Factor, Priority
from fieldops.i18n import _, distance_words, duration_words, language, ngettext
from fieldops.i18n import number as figure
from fieldops.operations.locate_request import CLASS_EXPOSURE, LANDMARK_EXPOSURE, Located
from fieldops.web.words import SEVERITY

LANDMARK_ICONS: Final = {"school": "school", "hospital": "hospital", "market": "building"}


@dataclass(frozen=True)
class WorthRow:
    """One line of the sum: words, and how many times it counts, as written."""

    words: str
    times: str


@dataclass(frozen=True)
class Worth:
    """A worth in words. `rows` multiply `base` to `total`; `held` says when a bound holds it."""

    sentence: str
    base: str
    rows: tuple[WorthRow, ...]
    total: str
    held: str


def worth_of(
    priority: Priority, due_at: datetime | None, now: datetime, located: Located | None = None
) -> Worth:
    """Return a worth in words; with `located` the exposure is told by the street and what stands near."""
    rows = [row for factor in priority.factors for row in _rows(factor, due_at, now, located)]
    total = duration_words(priority.prize_s)
    return Worth(
        sentence=_(
            "Worth %(worth)s of driving: %(why)s", worth=total, why=" × ".join(row.words for row in rows)
        ),
        base=duration_words(BASE_S),
        rows=tuple(rows),
        total=total,
        held=_held(priority),
    )


def _held(priority: Priority) -> str:
    if priority.uncapped_s > MOST_S:
        return _("at most %(most)s", most=duration_words(MOST_S))
    return _("at least %(least)s", least=duration_words(LEAST_S)) if priority.uncapped_s < LEAST_S else ""


def _rows(factor: Factor, due_at: datetime | None, now: datetime, located: Located | None) -> list[WorthRow]:
    times = "× " + figure(factor.times, 2 if language() == "id" or factor.times < 10 else 1)
    if factor.code == "severity":
        return [WorthRow(SEVERITY[int(factor.figure)]().lower(), times)]
    if factor.code == "reports":
        return [WorthRow(ngettext("%(num)d report", "%(num)d reports", int(factor.figure)), times)]
    if factor.code == "days_left":
        return [WorthRow(due_in(due_at, now), times)]
    return _exposed(factor, times, located)


def _exposed(factor: Factor, times: str, located: Located | None) -> list[WorthRow]:
    rows: list[WorthRow] = []
    if located is not None and located.line_class:
        words = {"arterial": _("main road"), "collector": _("through road")}[located.line_class]
        named = f"{words} ({located.street})" if located.street else words
        rows.append(WorthRow(named, "× " + figure(CLASS_EXPOSURE[located.line_class], 2)))
    if located is not None and located.landmark is not None:
        kind, name, away_m = located.landmark
        near = _("near %(place)s (%(away)s)", place=name, away=distance_words(away_m))
        rows.append(WorthRow(near, "× " + figure(LANDMARK_EXPOSURE[kind], 2)))
    product = 1.0
    if located is not None:
        product = CLASS_EXPOSURE.get(located.line_class, 1.0)
        product *= LANDMARK_EXPOSURE[located.landmark[0]] if located.landmark is not None else 1.0
    if (
        not rows or abs(min(2.0, product) - factor.times) > 0.02
    ):  # the city changed since, or nothing is known
        return [WorthRow(_("busy street"), times)]
    return rows


def due_in(due_at: datetime | None, now: datetime) -> str:
    """Return how near a deadline is: due tomorrow, due in 4 days, 2 days late."""
    if due_at is None:
        return _("no deadline")
    if due_at <= now:
        return _("late by %(d)s", d=duration_words(now - due_at))
    days = (due_at.date() - now.date()).days
    if days == 0:
        return _("due today")
    if days == 1:
        return _("due tomorrow")
    return ngettext("due in %(num)d day", "due in %(num)d days", days)
