"""What may be asked of a map of hotspots, and what is refused by name."""

from datetime import date

import pytest

from fieldops.domain.analysis_questions import read_analysis
from fieldops.domain.hotspot_questions import (
    Analysis,
    Exposure,
    Method,
    Offer,
    Question,
    Shape,
    Unit,
    Weather,
    as_question,
    is_analysis,
    read_question,
)
from fieldops.errors import InvalidInput

OFFER = Offer(
    services=("pothole", "blocked_drain"),
    channels=("web", "whatsapp"),
    departments=("dpupr",),
    kelurahan=("Serengan",),
    jurisdictions=("city",),
    yesterday=date(2026, 11, 29),
)


def test_what_is_left_out_is_as_usual() -> None:
    asked = read_question({}, [], OFFER)
    assert asked == Question(first=date(2026, 9, 1), last=date(2026, 11, 29))
    assert asked.days == 90


def test_every_field_is_read() -> None:
    fields = {
        "method": "comparison", "unit": "requests", "exposure": "residents", "shape": "square", "size": "200",
        "step": "14", "days": "30", "channel": "web", "department": "dpupr", "kelurahan": "Serengan",
        "status": "unfinished", "severity": "2", "jurisdiction": "city",
    }  # fmt: skip
    asked = read_question(fields, ["blocked_drain", "pothole"], OFFER)
    assert (asked.first, asked.last) == (date(2026, 10, 31), date(2026, 11, 29))
    assert (asked.earlier_first, asked.earlier_last) == (date(2026, 10, 1), date(2026, 10, 30))
    assert (asked.method, asked.unit, asked.exposure) == (
        Method.COMPARISON,
        Unit.REQUESTS,
        Exposure.RESIDENTS,
    )
    assert (asked.shape, asked.size_m, asked.step_days) == (Shape.SQUARE, 200, 14)
    assert asked.services == ("pothole", "blocked_drain")  # in the city's order, so that one question is one
    assert (asked.channel, asked.department, asked.kelurahan) == ("web", "dpupr", "Serengan")
    assert (asked.status, asked.least_severity, asked.jurisdiction) == ("unfinished", 2, "city")


@pytest.mark.parametrize(
    ("fields", "services", "field", "says"),
    [
        ({"method": "magic"}, [], "method", "gi_star"),
        ({"size": "401"}, [], "size", "400"),
        ({"size": "-400"}, [], "size", "200"),
        ({"exposure": "cars"}, [], "exposure", "road_km"),
        ({"days": "15"}, [], "days", "14"),
        ({"from": "yesterday"}, [], "from", "calendar"),
        ({"from": "2026-11-20", "until": "2026-11-10"}, [], "until", "before it begins"),
        ({"until": "2026-11-30"}, [], "until", "2026-11-29"),
        ({"from": "2001-01-01", "until": "2026-11-29"}, [], "from", "ten years"),
        (
            {"method": "comparison", "days": "30", "earlier_until": "2026-11-20"},
            [],
            "earlier_until",
            "before",
        ),
        ({"kelurahan": "Atlantis"}, [], "kelurahan", "Serengan"),
        ({"severity": "4"}, [], "severity", "3"),
        ({}, ["volcano"], "service", "volcano"),
    ],
)
def test_a_field_that_cannot_be_read_is_named(
    fields: dict[str, str], services: list[str], field: str, says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as refused:
        read_question(fields, services, OFFER)
    assert refused.value.field == field


def test_a_question_comes_back_from_its_facts_and_has_one_digest() -> None:
    asked = Question(
        first=date(2026, 9, 1), last=date(2026, 9, 30), method=Method.COMPARISON, services=("pothole",),
        earlier_last=date(2026, 8, 31),
    )  # fmt: skip
    assert as_question(asked.facts()) == asked
    assert as_question(asked.facts()).digest == asked.digest
    assert asked.moved(1).digest != asked.digest
    assert asked.moved(30).earlier_last == date(2026, 9, 30)


def test_wet_and_dry_days_are_for_one_period_without_steps() -> None:
    asked = read_question({"weather": "wet"}, [], OFFER)
    assert asked.weather is Weather.WET
    assert as_question(asked.facts()) == asked
    assert asked.digest != read_question({}, [], OFFER).digest
    for method in ("emerging", "comparison"):
        with pytest.raises(InvalidInput) as refused:
            read_question({"weather": "dry", "method": method}, [], OFFER)
        assert refused.value.field == "weather"


def test_a_density_is_of_areas_and_divided_by_nothing() -> None:
    for field, value in (("exposure", "road_km"), ("shape", "segment")):
        with pytest.raises(InvalidInput) as refused:
            read_question({"method": "density", field: value}, [], OFFER)
        assert refused.value.field == field


def test_runs_of_before_there_was_weather_are_still_read() -> None:
    facts = Question(first=date(2026, 9, 1), last=date(2026, 11, 29)).facts()
    del facts["weather"]
    assert as_question(facts).weather is Weather.ANY


def test_an_analysis_is_asked_by_the_same_question() -> None:
    rain = read_analysis({}, ["pothole"], OFFER)
    assert (rain.method, rain.days, rain.services) == (Analysis.RAIN, 90, ("pothole",))
    assert as_question(rain.facts()) == rain
    bias = read_analysis({"method": "bias", "days": "30", "unit": "incidents"}, [], OFFER)
    assert bias.unit is Unit.REQUESTS  # who repeats a report is part of the bias
    assert bias.earlier_last == date(2026, 10, 30)
    assert is_analysis("bias")
    assert not is_analysis("gi_star")


@pytest.mark.parametrize(
    ("fields", "services", "field"),
    [
        ({"method": "gi_star"}, [], "method"),
        ({"method": "bias", "kelurahan": "Serengan"}, [], "kelurahan"),
        ({"kelurahan": "Atlantis"}, [], "kelurahan"),
        ({"until": "2026-11-30"}, [], "until"),
        ({}, ["magic"], "service"),
    ],
)
def test_what_no_analysis_can_be_asked_is_named(
    fields: dict[str, str], services: list[str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_analysis(fields, services, OFFER)
    assert refused.value.field == field
