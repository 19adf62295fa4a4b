"""How long an order will take and what it needs, from its kind, its size and what such jobs took before."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from fieldops import clock
from fieldops.domain.estimates import LONGEST_S, MOST_MATERIAL, shrunk_median, usual
from fieldops.models import Service
from fieldops.queries.finished_work import finished_work

REMEMBERED: Final = timedelta(days=730)
"""How far back finished jobs count (ours)."""


@dataclass(frozen=True)
class Estimate:
    """What an order should take. `jobs` and `material_jobs` are how many finished jobs speak in it; the
    usual figures are the kind's own for this size.
    """

    duration_s: int
    material_amount: int
    jobs: int
    material_jobs: int
    usual_s: int
    usual_material: int

    def as_facts(self) -> dict[str, Any]:
        """Return where the figures come from, as JSON values kept with the order."""
        return {
            "minutes_from": "history" if self.jobs else "usual",
            "material_from": "history" if self.material_jobs else "usual",
            "jobs": self.jobs,
            "material_jobs": self.material_jobs,
            "usual_s": self.usual_s,
            "usual_material": self.usual_material,
        }


def estimate_work(session: Session, service: Service, severity: int) -> Estimate:
    """Return what an order of a kind and size should take: whole minutes, whole units of material."""
    done = finished_work(session, service.id, severity, clock.now() - REMEMBERED)
    usual_s, usual_material = usual(service.duration_s, severity), usual(service.material_amount, severity)
    minutes = shrunk_median(done.minutes, usual_s / 60)
    needs_material = service.material != "none"
    material = shrunk_median(done.material, usual_material) if needs_material else 0
    return Estimate(
        duration_s=min(LONGEST_S, max(60, 60 * round(minutes))) if done.minutes else usual_s,
        material_amount=min(MOST_MATERIAL, round(material)),
        jobs=len(done.minutes),
        material_jobs=len(done.material) if needs_material else 0,
        usual_s=usual_s,
        usual_material=usual_material if needs_material else 0,
    )
