"""What another order of a crew's list costs, in words for the crew and for the office."""

from datetime import datetime

from fieldops.i18n import _, clock_words, duration_words

LEAST_S = 60
"""Less is said to be as before."""


def cost_words(longer_s: int, later_s: int, back_at: datetime) -> str:
    """Return the cost in a sentence: 8 min more driving; back at 15.40, 12 min later."""
    return f"{_driving(longer_s)}; {_back(later_s, clock_words(back_at))}."


def _driving(longer_s: int) -> str:
    if longer_s >= LEAST_S:
        return _("%(d)s more driving", d=duration_words(longer_s))
    if longer_s <= -LEAST_S:
        return _("%(d)s less driving", d=duration_words(-longer_s))
    return _("No more driving than before")


def _back(later_s: int, at: str) -> str:
    if later_s >= LEAST_S:
        return _("back at the depot at %(at)s, %(d)s later", at=at, d=duration_words(later_s))
    if later_s <= -LEAST_S:
        return _("back at the depot at %(at)s, %(d)s earlier", at=at, d=duration_words(-later_s))
    return _("back at the depot at %(at)s, as before", at=at)
