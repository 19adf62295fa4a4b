"""How much each reason counts in this city: as stated, or as learnt from what people decided."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops.queries.weighings import active_weighing, latest_weighing
from geo.clustering.weighing import Weighing

LEAST_DECIDED: Final = 60
"""Pairs that people must have decided before anything is learnt (ours)."""
LEAST_EACH_WAY: Final = 20
"""So many of them joined and so many parted (ours)."""


@dataclass(frozen=True)
class WeighingCard:
    """What suggestions are based on. `learnt_at` is None while the stated weights count; `card` is what was
    learnt last, used or not, or only counted, empty when nothing was; `joined` and `parted` count what people
    had decided by then.
    """

    joined: int
    parted: int
    learnt_at: datetime | None = None
    factors: dict[str, float] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)

    @property
    def is_enough(self) -> bool:
        """Whether people decided enough to learn from."""
        return is_enough(self.joined, self.parted)


def is_enough(joined: int, parted: int) -> bool:
    """Whether so many decisions are enough to learn from."""
    return joined + parted >= LEAST_DECIDED and min(joined, parted) >= LEAST_EACH_WAY


def weighing_in_use(session: Session) -> Weighing:
    """Return the factors that were learnt last and proved no worse, else those that came with the program:
    every reason once, as stated.
    """
    held = active_weighing(session)
    return Weighing() if held is None else Weighing(factors={k: float(v) for k, v in held.factors.items()})


def weighing_card(session: Session) -> WeighingCard:
    """Return what suggestions are based on, for staff to read: what the last night that brought anything new
    kept. Every cluster's page shows it, so nothing is counted here.
    """
    held, last = active_weighing(session), latest_weighing(session)
    card = dict(last.card) if last else {}
    return WeighingCard(
        joined=card.get("joined", 0),
        parted=card.get("parted", 0),
        learnt_at=held.learnt_at if held else None,
        factors=dict(held.factors) if held else {},
        card=card,
    )
