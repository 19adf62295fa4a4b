"""Where an order's minutes and material come from, in words."""

from fieldops.i18n import _, ngettext, number
from fieldops.models import WorkOrder
from fieldops.operations.estimate_work import Estimate


def minutes_said(order: WorkOrder, expected: Estimate) -> str:
    """Return where an order's minutes come from, and what finished jobs say where that differs."""
    now, usual = expected.duration_s // 60, expected.usual_s // 60
    source = order.estimate.get("minutes_from", "usual")
    if source == "officer":
        return _("Corrected by hand.") + _finished(expected.jobs, now, order.duration_s // 60)
    if source == "history":
        jobs = int(order.estimate.get("jobs", 0))
        said = ngettext("From %(num)d finished job", "From %(num)d finished jobs", jobs)
        return (
            said
            + _("; usually %(usual)s min.", usual=usual)
            + _finished(expected.jobs, now, order.duration_s // 60)
        )
    return _("The usual figure for this kind and size.") + _finished(
        expected.jobs, now, order.duration_s // 60
    )


def material_said(order: WorkOrder, expected: Estimate) -> str:
    """Return where an order's material comes from, and what finished jobs say where that differs."""
    source = order.estimate.get("material_from", "usual")
    told = _finished(expected.material_jobs, expected.material_amount, order.material_amount, unit="")
    if source == "officer":
        return _("Corrected by hand.") + told
    if source == "history":
        jobs = int(order.estimate.get("material_jobs", 0))
        said = ngettext("From %(num)d finished job", "From %(num)d finished jobs", jobs)
        return said + _("; usually %(usual)s.", usual=number(expected.usual_material)) + told
    return _("The usual figure for this kind and size.") + told


def _finished(jobs: int, expected: int, held: int, unit: str | None = None) -> str:
    """Return what finished jobs say today, empty where nothing else than what is held."""
    if not jobs or expected == held:
        return ""
    if unit is None:
        return " " + ngettext(
            "%(num)d finished job says %(value)s min.", "%(num)d finished jobs say %(value)s min.", jobs,
            value=number(expected),
        )  # fmt: skip
    return " " + ngettext(
        "%(num)d finished job says %(value)s.",
        "%(num)d finished jobs say %(value)s.",
        jobs,
        value=number(expected),
    )
