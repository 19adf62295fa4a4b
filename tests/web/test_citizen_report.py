"""Reporting over HTTP: the good way, and everything that can be wrong with it."""

import io
import re
import uuid
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from fieldops.extensions import db
from fieldops.models import Follower, Photo, Reporter, ServiceRequest

LANGUAGE = "en"


def photo_bytes(colour: str = "olive", kind: str = "JPEG", size: tuple[int, int] = (800, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def fields(**changes: Any) -> dict[str, Any]:
    """What the form sends; None leaves a field out."""
    values: dict[str, Any] = {
        "key": str(uuid.uuid4()),
        "service": "pothole",
        "words": "Lubang besar di lajur kiri",
        "lat": "-7.5660",
        "lon": "110.8230",
        "accuracy_m": "12",
        "location_source": "gps",
        "address": "",
        "landmark": "Depan toko besi",
        "severity": "3",
        "contact": "",
        **changes,
    }
    return {name: value for name, value in values.items() if value is not None}


@pytest.fixture
def reader(client: FlaskClient) -> FlaskClient:
    client.set_cookie("language", LANGUAGE)
    return client


def send(reader: FlaskClient, **changes: Any) -> TestResponse:
    return reader.post("/lapor", data=fields(**changes), content_type="multipart/form-data")


def rows() -> list[ServiceRequest]:
    db.session.rollback()
    return db.session.query(ServiceRequest).order_by(ServiceRequest.id).all()


def said(answer: TestResponse) -> str:
    """The page's text without its tags."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def test_a_report_leads_to_its_private_page(reader: FlaskClient) -> None:
    answer = send(reader, contact="warga@example.com", photos=[(io.BytesIO(photo_bytes()), "lubang.jpg")])
    assert answer.status_code == 303
    assert re.fullmatch(r"/lacak/[\w-]{24}", answer.location)
    (row,) = rows()
    assert (row.words, row.severity, row.location_source, row.accuracy_m) == (
        "Lubang besar di lajur kiri", 3, "gps", 12.0,
    )  # fmt: skip
    assert row.language == LANGUAGE
    assert db.session.query(Photo).filter_by(request_id=row.id, kind="report").count() == 1
    assert db.session.query(Follower).filter_by(request_id=row.id, part="author").count() == 1
    page = reader.get(answer.location)
    assert page.status_code == 200
    assert row.code in page.get_data(as_text=True)


def test_a_repeated_submit_leads_to_the_same_page(reader: FlaskClient) -> None:
    body = fields(contact="warga@example.com")
    first, second = (reader.post("/lapor", data=body) for _ in range(2))
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(rows()) == 1
    assert db.session.query(Reporter).count() == 1


def test_the_same_key_with_other_words_is_a_conflict(reader: FlaskClient) -> None:
    body = fields()
    first = reader.post("/lapor", data=body)
    answer = reader.post("/lapor", data=body | {"words": "Something else"})
    assert answer.status_code == 409
    assert "This form was sent already, with other words." in said(answer)
    assert first.location in answer.get_data(as_text=True)
    assert "Something else" in answer.get_data(as_text=True)
    assert [row.words for row in rows()] == ["Lubang besar di lajur kiri"]
