"""Reporting over HTTP, the good way."""

import io
import re

import pytest
from flask.testing import FlaskClient
from PIL import Image

from fieldops.extensions import db
from fieldops.models import Follower, Photo, Reporter, Service, Task
from fieldops.models.base import lon_lat
from tests.web.citizens import LAT, LON, fields, photo_bytes, said, send, stored


@pytest.fixture
def reader(client: FlaskClient) -> FlaskClient:
    client.set_cookie("language", "en")
    return client


def test_the_form_needs_no_javascript(reader: FlaskClient) -> None:
    page = reader.get("/lapor").get_data(as_text=True)
    for name in (
        "key",
        "service",
        "words",
        "lat",
        "lon",
        "address",
        "landmark",
        "severity",
        "contact",
        "photos",
    ):
        assert f'name="{name}"' in page
    assert re.search(r"<section[^>]* hidden", page) is None


def test_a_report_leads_to_its_private_page(reader: FlaskClient) -> None:
    answer = send(reader, contact="warga@example.com", photos=[(io.BytesIO(photo_bytes()), "lubang.jpg")])
    assert answer.status_code == 303
    assert re.fullmatch(r"/lacak/[\w-]{24}", answer.location)
    (row,) = stored()
    assert (row.words, row.severity) == ("Lubang besar di lajur kiri", 3)
    assert (row.location_source, row.accuracy_m, row.language) == ("gps", 12.0, "en")
    assert db.session.query(Photo).filter_by(request_id=row.id, kind="report").count() == 1
    assert db.session.query(Follower).filter_by(request_id=row.id, part="author").count() == 1
    assert db.session.query(Task).filter_by(name="group_request").count() == 1
    page = reader.get(answer.location)
    assert page.status_code == 200
    assert row.code in page.get_data(as_text=True)


def test_words_are_enough_for_a_place(reader: FlaskClient) -> None:
    assert send(reader, lat="", lon="", address="Jl. Veteran 12").status_code == 303
    (row,) = stored()
    assert (row.location_state, row.address, row.place) == ("none", "Jl. Veteran 12", None)


def test_a_plus_code_is_a_place(reader: FlaskClient) -> None:
    assert send(reader, lat="", lon="", plus_code="CRMF+H5 Surakarta").status_code == 303
    (row,) = stored()
    assert row.place is not None
    assert lon_lat(row.place) == pytest.approx((110.8229, -7.5661), abs=1e-3)
    assert row.location_source == "typed"


def test_a_comma_is_a_decimal_mark(reader: FlaskClient) -> None:
    assert send(reader, lat="-7,5660", lon="110,8230").status_code == 303
    (row,) = stored()
    assert row.place is not None
    assert lon_lat(row.place) == pytest.approx((LON, LAT))


def test_the_switches_are_kept(reader: FlaskClient) -> None:
    send(reader, anonymous="1", confidential="1")
    (row,) = stored()
    assert row.anonymous
    assert row.confidential


def test_a_repeated_submit_leads_to_the_same_page(reader: FlaskClient) -> None:
    body = fields(contact="warga@example.com")
    first, second = (reader.post("/lapor", data=body) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(stored()) == 1
    assert db.session.query(Reporter).count() == 1


def test_the_same_key_with_other_words_is_a_conflict(reader: FlaskClient) -> None:
    body = fields()
    first = reader.post("/lapor", data=body)
    answer = reader.post("/lapor", data=body | {"words": "Something else"})
    assert answer.status_code == 409
    assert "This form was sent already, with other words." in said(answer)
    assert first.location in answer.get_data(as_text=True)
    assert "Something else" in answer.get_data(as_text=True)
    assert [row.words for row in stored()] == ["Lubang besar di lajur kiri"]


def test_a_photo_is_kept_when_something_else_is_wrong(reader: FlaskClient) -> None:
    answer = send(reader, service="", photos=[(io.BytesIO(photo_bytes()), "a.jpg")])
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    (word,) = re.findall(r'name="kept_photo" value="([^"]+)"', page)
    shown = reader.get(f"/lapor/foto/{word}")
    assert shown.status_code == 200
    assert Image.open(io.BytesIO(shown.data)).size == (480, 360)
    assert send(reader, kept_photo=word).status_code == 303
    (row,) = stored()
    (photo,) = db.session.query(Photo).all()
    assert (photo.request_id, photo.width_px, photo.height_px) == (row.id, 800, 600)


def test_what_the_phone_read_before_shrinking_goes_with_the_photo(reader: FlaskClient) -> None:
    send(
        reader,
        photos=[(io.BytesIO(photo_bytes()), "a.jpg")],
        photos_lat="-7.5661", photos_lon="110.8231", photos_taken_at="2026:11:20 06:30:00",
    )  # fmt: skip
    (photo,) = db.session.query(Photo).all()
    assert lon_lat(photo.offered_place) == pytest.approx((110.8231, -7.5661))
    assert photo.taken_at.isoformat() == "2026-11-19T23:30:00+00:00"


def test_a_neighbour_report_is_shown_once_and_never_blocks(reader: FlaskClient) -> None:
    send(reader)
    body = fields(lat=str(LAT + 0.0001), check_similar="1", words="Masih bolong")
    answer = reader.post("/lapor", data=body)
    assert answer.status_code == 200
    assert "Already reported?" in said(answer)
    assert "Masih bolong" in answer.get_data(as_text=True)
    assert "Lubang besar" not in answer.get_data(as_text=True)
    assert len(stored()) == 1
    assert reader.post("/lapor", data=body | {"edit": "1"}).status_code == 200
    assert reader.post("/lapor", data=body | {"confirmed": "1"}).status_code == 303
    assert len(stored()) == 2


def test_another_kind_is_no_neighbour(reader: FlaskClient) -> None:
    send(reader)
    assert send(reader, service="blocked_drain", check_similar="1").status_code == 303


def test_a_confidential_report_is_never_suggested(reader: FlaskClient) -> None:
    send(reader, confidential="1")
    assert send(reader, check_similar="1").status_code == 303
    db.session.query(type(stored()[0])).update({"confidential": True})
    db.session.commit()
    found = reader.get(f"/lapor/serupa?lat={LAT}&lon={LON}", headers={"Accept": "application/json"})
    assert found.json == {"similar": []}


def test_suggestions_tell_distance_date_and_status_only(reader: FlaskClient) -> None:
    send(reader)
    found = reader.get(
        f"/lapor/serupa?lat={LAT}&lon={LON}&service=pothole", headers={"Accept": "application/json"}
    )
    (one,) = found.json["similar"]
    assert set(one) == {"distance_m", "status", "date", "repaired_before"}
    page = reader.get(f"/lapor/serupa?lat={LAT}&lon={LON}").get_data(as_text=True)
    (row,) = stored()
    assert row.code not in page
    assert row.words not in page


def test_me_too_follows_and_counts_once(reader: FlaskClient) -> None:
    send(reader)
    page = reader.get("/").get_data(as_text=True)
    (token,) = re.findall(r"/saya-juga\?aduan=([\w=%-]+)", page)
    token = token.replace("%3D", "=")
    assert reader.get("/saya-juga", query_string={"aduan": token}).status_code == 200
    for _ in range(2):
        answer = reader.post("/saya-juga", data={"aduan": token, "contact": "0812 3456 7890"})
        assert answer.status_code == 303
    assert db.session.query(Follower).filter_by(part="me_too").count() == 1


def test_me_too_needs_a_contact_and_a_public_report(reader: FlaskClient) -> None:
    send(reader)
    page = reader.get("/").get_data(as_text=True)
    token = re.findall(r"/saya-juga\?aduan=([\w=%-]+)", page)[0].replace("%3D", "=")
    answer = reader.post("/saya-juga", data={"aduan": token, "contact": "nobody"})
    assert answer.status_code == 422
    assert "neither an e-mail address nor a telephone number" in said(answer)
    stored()[0].confidential = True
    db.session.commit()
    assert reader.post("/saya-juga", data={"aduan": token, "contact": "a@example.com"}).status_code == 404
    assert reader.get("/saya-juga?aduan=forged").status_code == 404
    assert db.session.query(Follower).count() == 0


def set_radius(code: str, radius_m: int) -> None:
    db.session.query(Service).filter_by(code=code).update({"suggest_radius_m": radius_m})
    db.session.commit()


def near(reader: FlaskClient, lon: float, service: str = "pothole") -> list[int]:
    found = reader.get(
        f"/lapor/serupa?lat={LAT}&lon={lon}&service={service}", headers={"Accept": "application/json"}
    )
    return [one["distance_m"] for one in found.json["similar"]]


def test_each_kind_suggests_within_its_own_radius_and_none_when_it_is_off(reader: FlaskClient) -> None:
    send(reader)
    east_60_m = LON + 0.000544
    assert near(reader, LON)
    assert near(reader, east_60_m) == []
    set_radius("sunken_road", 100)
    assert near(reader, east_60_m) == [], "a pothole's own radius counts"
    (away,) = near(reader, east_60_m, "sunken_road")
    assert 50 <= away <= 70
    set_radius("pothole", 0)
    assert near(reader, LON) == []
    assert near(reader, LON, "sunken_road")
    assert send(reader, check_similar="1").status_code == 303, "nothing is asked where it is off"


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "Already reported 0 m from here"), ("id", "Sudah dilaporkan 0 m dari sini")],
)
def test_the_page_says_how_far_away_it_is_reported(reader: FlaskClient, language: str, words: str) -> None:
    reader.set_cookie("language", language)
    send(reader)
    assert words in said(reader.get(f"/lapor/serupa?lat={LAT}&lon={LON}"))
