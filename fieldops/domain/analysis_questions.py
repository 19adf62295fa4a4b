"""What an engineer asks of an analysis: a period and kinds, by the same question as a map."""

from collections.abc import Mapping
from datetime import timedelta

from fieldops.domain.hotspot_questions import (
    Analysis,
    Offer,
    Question,
    Unit,
    among,
    read_period,
    refuse_unknown_kinds,
)
from fieldops.errors import InvalidInput


def read_analysis(fields: Mapping[str, str], services: list[str], offer: Offer) -> Question:
    """Return the question that the fields of an analysis's form ask; what is left out is as usual.

    Parameters
    ----------
    fields
        The form, a word a field.
    services
        Its kinds of report, several; none is all.
    offer
        What there is to choose from.

    Raises
    ------
    InvalidInput
        A value is not on offer, a day cannot be read, or the period is turned around, too long or not over;
        `field` names it.
    """
    refuse_unknown_kinds(services, offer)
    method = Analysis(among(fields, "method", tuple(Analysis), Analysis.RAIN))
    kelurahan = among(fields, "kelurahan", ("", *offer.kelurahan), "")
    if kelurahan and method is Analysis.BIAS:
        raise InvalidInput(
            "Reporting bias compares the kelurahan with each other. Choose the whole city.", field="kelurahan"
        )
    first, last = read_period(fields, offer.yesterday)
    return Question(
        first=first,
        last=last,
        method=method,
        unit=unit_of(method, fields),
        # a mix of channels is held against the period just before
        earlier_last=first - timedelta(days=1) if method is Analysis.BIAS else None,
        services=tuple(code for code in offer.services if code in services),
        kelurahan=kelurahan,
    )


def unit_of(method: Analysis, fields: Mapping[str, str]) -> Unit:
    """Return what counts: for bias every report, whoever it repeats, else what the form chooses."""
    if method is Analysis.BIAS:
        return Unit.REQUESTS
    return Unit(among(fields, "unit", tuple(Unit), Unit.INCIDENTS))
