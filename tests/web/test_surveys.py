"""The survey of 100 m on a phone: found, filled in, read at once, corrected; and what wrong input gets."""

import re
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from shapely.geometry import Point
from sqlalchemy import func, select

from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import Line, SegmentSurvey
from fieldops.transaction import transaction
from tests.conftest import World
from tests.reports_on_a_plain import SOUTH_M, WEST_M, degrees, lay_out


@pytest.fixture
def plain(world: World) -> World:
    with transaction() as session:
        lay_out(session)
    return world


@pytest.fixture
def leader(plain: World) -> FlaskClient:
    return plain.sign_in(Role.CREW_LEADER)


@pytest.fixture
def line_id(plain: World) -> int:
    return int(db.session().scalars(select(Line.id).where(Line.name == "Jl. 0").order_by(Line.id)).all()[0])


def filled(**changes: str) -> dict[str, str]:
    return {
        "client_key": str(uuid4()), "from_m": "200", "to_m": "300", "version": "holes_per_km",
        "surface": "asphalt", "crack_area_percent": "12,5", "crack_width": "1_to_3", "holes": "3",
        "rut_depth_cm": "0", "side_drain": "blocked", "words": "Bahu jalan amblas", "lat": "-7.57",
        "lon": "110.81", "at": "2026-11-30T09:00:00+07:00",
    } | changes  # fmt: skip


def surveys() -> int:
    db.session.rollback()
    return db.session().scalar(select(func.count()).select_from(SegmentSurvey)) or 0


def test_a_segment_is_found_by_the_phones_place_or_by_name(leader: FlaskClient, line_id: int) -> None:
    here = degrees(Point(WEST_M + 105.0, SOUTH_M + 255.0))
    page = leader.get(f"/regu/survei?lat={here.y:.6f}&lon={here.x:.6f}").get_data(as_text=True)
    assert f'href="/regu/survei/{line_id}?dari=200"' in page
    assert "200–300 m" in page
    page = leader.get("/regu/survei?q=jl.+0").get_data(as_text=True)
    assert f'href="/regu/survei/{line_id}"' in page
    assert "Tidak ada jalan bernama ini" in leader.get("/regu/survei?q=xyz").get_data(as_text=True)
    assert leader.get("/regu/survei?lat=abc&lon=1").status_code == 422
    page = leader.get(f"/regu/survei/{line_id}").get_data(as_text=True)
    assert page.count("?dari=") == 40
    assert "ujung selatan" in page


def test_the_class_is_shown_at_once_with_the_guide_and_the_unit(leader: FlaskClient, line_id: int) -> None:
    page = leader.get(f"/regu/survei/{line_id}?dari=200").get_data(as_text=True)
    assert 'value="200"' in page
    assert "checked" not in page.split('name="version"')[1].split(">")[0]  # no version before someone chose
    answer = leader.post(f"/regu/survei/{line_id}", data=filled())
    assert answer.status_code == 303
    page = leader.get(answer.headers["Location"]).get_data(as_text=True)
    assert "Sedang" in page  # 20 + 75
    assert "3 (30 per km)" in page
    assert "Lubang per km" in page
    assert f"/regu/survei/{line_id}?dari=300" in page
    again = leader.get(f"/regu/survei/{line_id}?dari=300").get_data(as_text=True)
    assert re.search(r'value="holes_per_km" checked', again)


def test_the_same_form_twice_is_one_survey_and_a_phone_gets_json(leader: FlaskClient, line_id: int) -> None:
    form = filled()
    first = leader.post(f"/regu/survei/{line_id}", data=form, headers={"Accept": "application/json"})
    again = leader.post(f"/regu/survei/{line_id}", data=form, headers={"Accept": "application/json"})
    assert first.json == again.json
    assert surveys() == 1
    wrong = leader.post(
        f"/regu/survei/{line_id}", data=filled(holes="banyak"), headers={"Accept": "application/json"}
    )
    assert (wrong.status_code, wrong.json["field"]) == (422, "holes")


def test_a_correction_keeps_the_first_survey(leader: FlaskClient, line_id: int) -> None:
    address = leader.post(f"/regu/survei/{line_id}", data=filled()).headers["Location"]
    page = leader.get(f"{address}/betulkan").get_data(as_text=True)
    assert 'value="12.5"' in page
    assert "Bahu jalan amblas" in page
    answer = leader.post(f"{address}/betulkan", data=filled(holes="0"))
    assert answer.status_code == 303
    assert surveys() == 2
    assert "sudah dibetulkan" in leader.get(address).get_data(as_text=True)
    assert leader.post(f"{address}/betulkan", data=filled(holes="1")).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("version", ""),
        ("from_m", "dua ratus"),
        ("to_m", "210"),
        ("crack_area_percent", "140"),
        ("holes", "2,5"),
        ("rut_depth_cm", "-1"),
        ("surface", "ice"),
        ("crack_width", "wide"),
        ("words", "x" * 1200),
        ("lat", "12345"),
        ("client_key", "?"),
    ],
)
def test_wrong_input_is_named_and_what_was_typed_is_kept(
    leader: FlaskClient, line_id: int, field: str, value: str
) -> None:
    answer = leader.post(f"/regu/survei/{line_id}", data=filled(**{field: value}))
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert 'class="error"' in page or 'role="alert"' in page
    if field != "words":
        assert "Bahu jalan amblas" in page
    assert surveys() == 0


def test_engineers_survey_too_and_others_do_not(plain: World, line_id: int) -> None:
    engineer = plain.sign_in(Role.ENGINEER)
    answer = engineer.post(f"/regu/survei/{line_id}", data=filled())
    assert answer.status_code == 303
    assert "/insinyur/ruas" in engineer.get(answer.headers["Location"]).get_data(as_text=True)
    for role in (Role.OFFICER, Role.HEAD, Role.ADMIN):
        assert plain.sign_in(role).get("/regu/survei").status_code == 403
    assert engineer.get("/regu/survei/99999").status_code == 404
    assert engineer.get("/regu/survei/hasil/99999").status_code == 404
    assert plain.app.test_client().get("/regu/survei").status_code in (302, 303, 401)


def test_a_survey_reads_in_english_too(plain: World, line_id: int) -> None:
    browser: Any = plain.sign_in(Role.CREW_LEADER)
    browser.set_cookie("language", "en")
    answer = browser.post(f"/regu/survei/{line_id}", data=filled(surface="concrete"))
    page = browser.get(answer.headers["Location"]).get_data(as_text=True)
    assert "the index is for asphalt alone" in page
