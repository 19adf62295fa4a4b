"""What the citizens' tests share: a reader, the form's fields, photos, and pages as text."""

import html
import io
import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from fieldops.extensions import db
from fieldops.models import ServiceRequest

LON, LAT = 110.8230, -7.5660


def photo_bytes(colour: str = "olive", kind: str = "JPEG", size: tuple[int, int] = (800, 600)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, kind)
    return out.getvalue()


def fields(**changes: Any) -> dict[str, Any]:
    """What the form sends; None leaves a field out."""
    values: dict[str, Any] = {
        "key": str(uuid.uuid4()), "service": "pothole", "words": "Lubang besar di lajur kiri",
        "lat": str(LAT), "lon": str(LON), "accuracy_m": "12", "location_source": "gps", "address": "",
        "landmark": "Depan toko besi", "severity": "3", "contact": "", **changes,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value is not None}


def send(reader: FlaskClient, **changes: Any) -> TestResponse:
    return reader.post("/lapor", data=fields(**changes), content_type="multipart/form-data")


def stored() -> list[ServiceRequest]:
    db.session.rollback()
    return db.session.query(ServiceRequest).order_by(ServiceRequest.id).all()


def said(answer: TestResponse) -> str:
    """A page's text without its tags."""
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))))
