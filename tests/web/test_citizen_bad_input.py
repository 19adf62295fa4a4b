"""Everything that can be wrong with a report: the right status, one clear sentence, and nothing lost."""

import contextlib
import io
import os
import re
import shutil
import struct
import subprocess
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text
from werkzeug.test import TestResponse

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.extensions import db
from fieldops.models import Photo
from fieldops.operations.establish_city import establish_city
from fieldops.spatialite import find_driver
from fieldops.transaction import transaction
from tests.web.citizens import fields, photo_bytes, said, send, stored

TYPED = "Lubang besar di lajur kiri"
ON_SPATIALITE = pytest.mark.parametrize("engine_kind", ["spatialite"])
"""What is refused before any database is asked needs only one of them."""


@pytest.fixture
def reader(client: FlaskClient) -> FlaskClient:
    client.set_cookie("language", "en")
    return client


def send_raw(reader: FlaskClient, photo: bytes, name: str) -> TestResponse:
    """Send the form as bytes; Werkzeug's own encoder leaves a large upload's temporary file open."""
    parts = [
        f'--edge\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields().items()
    ]
    head = f'--edge\r\nContent-Disposition: form-data; name="photos"; filename="{name}"\r\n\r\n'.encode()
    body = b"".join([*parts, head, photo, b"\r\n--edge--\r\n"])
    return reader.post("/lapor", data=body, content_type="multipart/form-data; boundary=edge")


FAULTS: list[tuple[dict[str, Any], str]] = [
    ({"lat": "", "lon": "", "landmark": ""}, "No location yet. Move the pin or describe the place."),
    ({"lat": None, "lon": None, "landmark": None, "address": None}, "No location yet."),
    ({"lon": ""}, "Both latitude and longitude are needed."),
    ({"lat": "over there"}, "This is not a number."),
    ({"lat": "nan"}, "This is not a number."),
    ({"lat": "95"}, "The latitude must be a number from −90 to 90."),
    ({"lon": "181"}, "The longitude must be a number from −180 to 180."),
    ({"lat": "-6.2", "lon": "106.8"}, "This place lies outside Surakarta"),
    ({"lat": "0", "lon": "0"}, "This place lies outside Surakarta"),
    ({"lat": "", "lon": "", "plus_code": "HELLO"}, "This is not a Plus Code."),
    ({"service": ""}, "Choose a kind of problem."),
    ({"service": None}, "Choose a kind of problem."),
    ({"service": "ufo"}, "There is no kind of report called “ufo”."),
    ({"severity": "9"}, "The severity must be light, medium or heavy."),
    ({"severity": "9" * 6000}, "The severity must be light, medium or heavy."),
    ({"severity": "²"}, "The severity must be light, medium or heavy."),
    ({"words": "x" * 4001}, "The description may have at most 4000 characters."),
    ({"address": "x" * 201}, "This may have at most 200 characters."),
    ({"contact": "call me"}, "The contact is neither an e-mail address nor a telephone number."),
    ({"key": ""}, "The report's key is missing or too long."),
    ({"key": "k" * 101}, "The report's key is missing or too long."),
]


@ON_SPATIALITE
def test_a_fault_is_named_and_the_rest_is_kept(reader: FlaskClient) -> None:
    for wrong, sentence in FAULTS:
        answer = send(reader, **wrong)
        assert answer.status_code == 422, wrong
        assert sentence in said(answer), wrong
        assert (wrong.get("words") or TYPED) in answer.get_data(as_text=True)
        assert 'id="errors"' in answer.get_data(as_text=True)
    assert stored() == []


@ON_SPATIALITE
def test_swapped_coordinates_are_recognised(app: Flask, tmp_path: Path) -> None:
    """Surakarta's longitude can be no latitude, so a city whose numbers can be swapped is served here."""
    profile = (Path(app.root_path) / "profiles" / "surakarta.toml").read_text()
    profile = profile.replace("bounds = [110.76, -7.61, 110.88, -7.51]", "bounds = [7.0, 46.0, 9.0, 48.0]")
    profile = profile.replace("centre = [110.823, -7.566]", "centre = [8.54, 47.37]").replace(
        "32749", "32632"
    )
    (tmp_path / "zurich.toml").write_text(profile)
    house = app.extensions["fieldops"].settings
    other = create_app(house.model_copy(update={"profile": str(tmp_path / "zurich.toml")}))
    other.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    reader = other.test_client()
    reader.set_cookie("language", "en")
    answer = send(reader, lat="8.54", lon="47.37")
    assert (answer.status_code, "Latitude and longitude seem to be swapped." in said(answer)) == (422, True)
    with other.app_context():
        db.engine.dispose()


@ON_SPATIALITE
def test_several_faults_are_shown_at_once(reader: FlaskClient) -> None:
    words = said(send(reader, service="", lat="x", contact="y"))
    assert "3 things need fixing." in words


@ON_SPATIALITE
def test_a_photo_of_30_mb_is_refused_with_a_sentence(reader: FlaskClient) -> None:
    answer = send_raw(reader, photo_bytes() + b"\0" * 30_000_000, "besar.jpg")
    assert answer.status_code == 413
    assert "The photo besar.jpg is larger than 20 MB." in said(answer)
    assert TYPED in answer.get_data(as_text=True)
    assert stored() == []


@ON_SPATIALITE
def test_more_than_all_photos_together_is_refused_before_it_is_read(reader: FlaskClient) -> None:
    answer = send_raw(reader, b"\0" * 65_100_000, "film.mp4")
    assert answer.status_code == 413
    assert "What you sent is too large." in said(answer)


@ON_SPATIALITE
def test_a_text_file_named_jpg_is_no_photo(reader: FlaskClient) -> None:
    answer = send(reader, photos=[(io.BytesIO(b"no picture at all"), "foto.jpg")])
    assert answer.status_code == 422
    assert "foto.jpg is not a photo." in said(answer)


@ON_SPATIALITE
def test_half_a_photo_is_damaged(reader: FlaskClient) -> None:
    noise = io.BytesIO(photo_bytes(size=(900, 900))[:1500])
    answer = send(reader, photos=[(noise, "setengah.jpg")])
    assert answer.status_code == 422
    assert "The photo setengah.jpg is damaged or incomplete." in said(answer)


@ON_SPATIALITE
def test_a_bomb_is_refused_before_it_is_decoded(reader: FlaskClient) -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    answer = send(reader, photos=[(io.BytesIO(bomb), "bom.png")])
    assert answer.status_code == 413
    assert "The photo bom.png has more than 50 megapixels." in said(answer)


@ON_SPATIALITE
def test_the_good_photos_survive_a_bad_one(reader: FlaskClient) -> None:
    answer = send(reader, photos=[(io.BytesIO(photo_bytes()), "a.jpg"), (io.BytesIO(b"x"), "b.jpg")])
    assert answer.status_code == 422
    assert len(re.findall('name="kept_photo"', answer.get_data(as_text=True))) == 1


@ON_SPATIALITE
def test_a_fourth_photo_is_one_too_many(reader: FlaskClient) -> None:
    shades = ("red", "green", "blue", "white")
    answer = send(reader, photos=[(io.BytesIO(photo_bytes(shade)), f"{shade}.jpg") for shade in shades])
    assert answer.status_code == 422
    assert "A report may have at most 3 photos." in said(answer)


@ON_SPATIALITE
def test_a_forged_kept_photo_is_refused(reader: FlaskClient) -> None:
    answer = send(reader, kept_photo="gAAAA-forged")
    assert answer.status_code == 422
    assert "One photo could not be kept. Please choose it again." in said(answer)
    assert reader.get("/lapor/foto/gAAAA-forged").status_code == 422


@ON_SPATIALITE
def test_a_stale_form_comes_back_whole_with_a_key_that_fits(app: Flask, reader: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    for token in (None, "stale"):
        photo = (io.BytesIO(photo_bytes()), "a.jpg")
        answer = send(reader, csrf_token=token, photos=photo, contact="no contact")
        assert answer.status_code == 400
        assert "This page was open for long. Nothing is lost: send it once more." in said(answer)
        assert "no contact" in answer.get_data(as_text=True)
    assert stored() == []
    page = answer.get_data(as_text=True)
    fresh = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    kept = re.findall(r'name="kept_photo" value="([^"]+)"', page)[0]
    assert send(reader, csrf_token=fresh, kept_photo=kept).status_code == 303
    (sent,) = stored()
    assert db.session.query(Photo).filter_by(request_id=sent.id).count() == 1


@ON_SPATIALITE
def test_too_many_from_one_network_lose_no_words(settings: Settings, app: Flask) -> None:
    strict = create_app(settings.model_copy(update={"rate_limits": True}))
    strict.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    reader = strict.test_client()
    reader.set_cookie("language", "en")
    for _ in range(20):
        assert send(reader, service="").status_code == 422
    for is_stale in (False, True):  # photos of a stale form are no way around the limit
        strict.config["WTF_CSRF_ENABLED"] = is_stale
        for _ in range(21 if is_stale else 1):
            answer = send(reader, photos=(io.BytesIO(photo_bytes()), "a.jpg"))
        assert answer.status_code == 429
        assert "Too many reports come from your network just now." in said(answer)
        assert TYPED in answer.get_data(as_text=True)
        assert "kept_photo" not in answer.get_data(as_text=True)
    with strict.app_context():
        db.engine.dispose()


@ON_SPATIALITE
def test_other_stale_forms_say_so(app: Flask, reader: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    answer = reader.post("/saya-juga", data={"contact": "a@example.org"})
    assert answer.status_code == 400
    assert "This form has expired. Open its page anew and send it again." in said(answer)


@ON_SPATIALITE
def test_a_form_with_its_token_is_taken_over_https(app: Flask, reader: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    page = reader.get("/lapor", base_url="https://localhost").get_data(as_text=True)
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    answer = reader.post("/lapor", data=fields(csrf_token=token), base_url="https://localhost")
    assert answer.status_code == 303


@ON_SPATIALITE
@pytest.mark.parametrize("path", ["/lacak/forged", "/lacak/" + "A" * 24, "/lacak/x/foto/1/small"])
def test_a_forged_link_opens_nothing(reader: FlaskClient, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code == 404
    assert "This link is not valid. Check that it was copied whole." in said(answer)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB, which only root can mount."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = shutil.which("mount")
    if os.geteuid() != 0 or mount is None:
        pytest.skip("a small file system can only be mounted by root")
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@ON_SPATIALITE
def test_a_full_disk_keeps_what_was_typed(settings: Settings, full_disk: Path) -> None:
    app = create_app(settings.model_copy(update={"media_url": f"file://{full_disk}"}))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    reader = app.test_client()
    reader.set_cookie("language", "en")
    with app.app_context():
        with transaction() as session:
            establish_city(session, app.extensions["fieldops"].city)
        (full_disk / "filler").write_bytes(b"\0" * 50_000)
        noisy = os.urandom(3 * 400 * 300)
        out = io.BytesIO()
        Image.frombytes("RGB", (400, 300), noisy).save(out, "JPEG")
        answer = send(reader, photos=[(io.BytesIO(out.getvalue()), "a.jpg")])
        assert answer.status_code == 507
        assert "There is no room left to keep the photo." in said(answer)
        assert TYPED in answer.get_data(as_text=True)
        assert stored() == []
        assert db.session.query(Photo).count() == 0
        db.session.remove()
        db.engine.dispose()


@ON_SPATIALITE
def test_a_locked_database_says_try_again(settings: Settings, app: Flask) -> None:
    quick = create_app(settings.model_copy(update={"busy_timeout_ms": 50}))
    quick.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    reader = quick.test_client()
    reader.set_cookie("language", "en")
    # The driver's own library: locks of one process are known to one library only.
    other = find_driver(settings).module.connect(str(settings.database_path), isolation_level=None)
    with contextlib.closing(other):
        other.execute("BEGIN EXCLUSIVE")
        answer = send(reader)
        assert answer.status_code == 503
        assert "The database is busy. Nothing was lost; please try again in a moment." in said(answer)
        assert TYPED in answer.get_data(as_text=True)
        other.execute("ROLLBACK")
    assert send(reader).status_code == 303
    with quick.app_context():
        db.engine.dispose()


@pytest.mark.parametrize("engine_kind", ["postgis"])
def test_two_sends_of_one_form_at_once_are_one_report(app: Flask) -> None:
    body = fields()
    places: list[str] = []

    def press() -> None:
        places.append(app.test_client().post("/lapor", data=dict(body)).location)

    thumbs = [threading.Thread(target=press) for _ in range(4)]
    for thumb in thumbs:
        thumb.start()
    for thumb in thumbs:
        thumb.join(20)
    assert len(places) == 4
    assert len(set(places)) == 1
    assert len(stored()) == 1
    assert db.session.execute(text("SELECT count(*) FROM idempotency_key")).scalar_one() == 1
