"""Surveys of 100 m: kept once, with the version of their guide; a correction is a row of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from shapely.geometry import Point
from sqlalchemy import func, select

from fieldops import clock
from fieldops.domain.roles import THE_SYSTEM, Role
from fieldops.errors import Conflict, InvalidInput, NotAllowed, NotFound
from fieldops.extensions import db
from fieldops.models import AuditEntry, Line, SegmentSurvey
from fieldops.models.base import lon_lat
from fieldops.operations.find_segments import first_end, segments_near, segments_of
from fieldops.operations.record_survey import SurveySheet, guides, record_survey
from fieldops.queries.surveys import last_version, lines_named, surveys_on, valid_surveys
from fieldops.transaction import transaction
from tests.conftest import World
from tests.reports_on_a_plain import SOUTH_M, WEST_M, degrees, lay_out

Keep = Callable[..., SegmentSurvey]


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
    return world


@pytest.fixture
def line_id(plain: World) -> int:
    return int(db.session().scalars(select(Line.id).where(Line.name == "Jl. 0").order_by(Line.id)).all()[0])


@pytest.fixture
def sheet(line_id: int) -> SurveySheet:
    return SurveySheet(
        line_id=line_id,
        from_m=200.0,
        to_m=300.0,
        version="holes_per_km",
        surface="asphalt",
        client_key="survey-key-1",
        crack_area_percent=12.0,
        crack_width="3_to_5",
        holes=6,
        rut_depth_cm=0.5,
        side_drain="blocked",
        lon=110.8,
        lat=-7.57,
    )


@pytest.fixture
def keep(plain: World, sheet: SurveySheet) -> Keep:
    def kept(**changes: Any) -> SegmentSurvey:
        with transaction() as session:
            made = record_survey(
                session, plain.installation.city, replace(sheet, **changes), plain.by(Role.CREW_LEADER)
            )
            session.flush()
            session.expunge(made)
        return made

    return kept


def test_the_class_is_that_of_the_version_that_is_kept_with_it(keep: Keep) -> None:
    """6 holes in 100 m are 60 per km: heavy damage by one version, and fair or less by the other."""
    per_km = keep()
    # cracks of 12 % give 20, doubled above 3 mm; holes + 225; ruts + 2.5
    assert (per_km.distress, per_km.condition) == (40.0 + 225.0 + 2.5, "heavy_damage")
    assert per_km.guide["holes_per_m"] == 1000.0
    assert "secondary" in per_km.guide["status"]
    per_segment = keep(client_key="survey-key-2", version="holes_per_100_m")
    # 3 to 5 mm is not wide there; holes below 10 + 15
    assert (per_segment.distress, per_segment.condition) == (20.0 + 15.0 + 2.5, "good")
    assert last_version(db.session()) == "holes_per_100_m"
    assert set(guides()) == {"holes_per_km", "holes_per_100_m"}


def test_the_same_survey_twice_is_one_and_is_written_down(keep: Keep) -> None:
    first, again = keep(), keep(holes=9)
    assert again.id == first.id
    assert again.holes == 6
    entries = db.session().scalars(select(AuditEntry).where(AuditEntry.act == "record_survey")).all()
    assert [(one.thing, one.thing_id) for one in entries] == [("segment_survey", first.id)]
    kept = db.session().get_one(SegmentSurvey, first.id)
    assert kept.place is not None
    assert lon_lat(kept.place) == pytest.approx((110.8, -7.57))


def test_a_correction_is_appended_and_only_the_newest_counts(keep: Keep, line_id: int) -> None:
    first = keep()
    second = keep(client_key="survey-key-2", holes=0, corrects_id=first.id)
    session = db.session()
    assert session.scalar(select(func.count()).select_from(SegmentSurvey)) == 2
    assert session.get_one(SegmentSurvey, first.id).holes == 6
    assert [one.id for one in valid_surveys(session)] == [second.id]
    assert [one.id for one, _name in surveys_on(session, line_id, 200.0, 300.0)] == [second.id, first.id]
    with pytest.raises(Conflict):
        keep(client_key="survey-key-3", corrects_id=first.id)
    with pytest.raises(NotFound):
        keep(client_key="survey-key-4", corrects_id=999)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"surface": "concrete"}, "surface"),
        ({"holes": None}, "incomplete"),
        ({"crack_area_percent": None}, "incomplete"),
        ({"crack_width": ""}, "incomplete"),
        ({"rut_depth_cm": None}, "incomplete"),
    ],
)
def test_there_is_no_class_without_asphalt_or_without_looking(
    keep: Keep, changes: dict[str, Any], why: str
) -> None:
    kept = keep(**changes)
    assert (kept.distress, kept.condition, kept.why_none) == (None, "", why)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"version": ""}, "version"),
        ({"version": "my_own"}, "version"),
        ({"to_m": 230.0}, "to_m"),
        ({"to_m": 400.0}, "to_m"),
        ({"from_m": 3_950.0, "to_m": 4_050.0}, "to_m"),
        ({"from_m": 300.0, "to_m": 200.0}, "to_m"),
        ({"surface": "ice"}, "surface"),
        ({"crack_area_percent": 101.0}, "crack_area_percent"),
        ({"holes": -1}, "holes"),
        ({"rut_depth_cm": 60.0}, "rut_depth_cm"),
        ({"crack_width": "none"}, "crack_width"),
        ({"side_drain": "golden"}, "side_drain"),
        ({"words": "x" * 1001}, "words"),
        ({"client_key": "short"}, "client_key"),
    ],
)
def test_what_cannot_be_is_refused_by_its_field(keep: Keep, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        keep(**changes)
    assert refused.value.field == field


def test_only_people_survey_streets_that_there_are(plain: World, sheet: SurveySheet, keep: Keep) -> None:
    with pytest.raises(NotAllowed), transaction() as session:
        record_survey(session, plain.installation.city, sheet, THE_SYSTEM)
    with pytest.raises(NotFound):
        keep(line_id=99_999)


def test_a_phone_whose_clock_is_ahead_does_not_date_the_survey(keep: Keep) -> None:
    now = clock.now()
    assert keep(at=now + timedelta(hours=2)).surveyed_at < now + timedelta(minutes=1)
    held = keep(client_key="survey-key-2", at=now - timedelta(hours=2))
    assert held.surveyed_at == now - timedelta(hours=2)


def test_segments_are_found_by_place_and_by_name(plain: World, line_id: int) -> None:
    session, city = db.session(), plain.installation.city
    here = degrees(Point(WEST_M + 110.0, SOUTH_M + 255.0))  # 10 m east of the northward Jl. 0
    near = segments_near(session, city, here.x, here.y)
    assert (near[0].line_id, near[0].street, near[0].from_m, near[0].to_m) == (line_id, "Jl. 0", 200.0, 300.0)
    assert near[0].away_m == pytest.approx(10.0, abs=0.5)
    assert segments_near(session, city, 100.0, 0.0) == []
    assert {line.name for line in lines_named(session, "JL. 19", 9)} == {"Jl. 19"}
    assert lines_named(session, "100%", 9) == []
    line = session.get_one(Line, line_id)
    assert len(segments_of(line, city)) == 40
    assert first_end(line, city) == "south"
