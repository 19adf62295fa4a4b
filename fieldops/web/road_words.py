"""Where driving times and ways come from, and why not from a better source, in the reader's words."""

from collections.abc import Mapping
from typing import Any

from fieldops.i18n import _
from fieldops.routing.drives import Fault, Source


def fault_words(fault: Fault) -> str:
    """Return why a better source was not used, as one sentence."""
    return {
        Fault.NO_ROADS: _("No road network has been imported."),
        Fault.DAMAGED: _("The road network's file is damaged; it must be imported again."),
        Fault.OUTSIDE: _("The road network that was imported lies elsewhere."),
        Fault.SERVER_DOWN: _("The route server could not be reached."),
        Fault.SERVER_SLOW: _("The route server took too long to answer."),
        Fault.SERVER_WRONG: _("The route server gave an answer that cannot be used."),
        Fault.SERVER_KNOWS_NO_CLOSURES: _("The route server knows nothing of closed streets."),
    }[fault]


def source_words(facts: Mapping[str, Any]) -> str:
    """Return what a plan was computed over, from what it stores under `_roads`; "" for estimates."""
    source = facts.get("source")
    if source == Source.SERVER.value:
        return _("Driving times from the route server.")
    if source != Source.ROADS.value:
        return ""
    if facts.get("as_of"):
        return _(
            "Driving times over the street network of %(day)s (%(extract)s).",
            day=str(facts["as_of"])[:10], extract=facts.get("extract", ""),
        )  # fmt: skip
    return _("Driving times over the street network (%(extract)s).", extract=facts.get("extract", ""))


def why_words(facts: Mapping[str, Any]) -> str:
    """Return why no better source was used, "" where the best one was."""
    return fault_words(Fault(facts["fault"])) if facts.get("fault") else ""
