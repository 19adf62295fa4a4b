"""One's own data to take away: a file for programs, a page to read and print, and both with the photos."""

import json
import tempfile
import zipfile
from datetime import datetime
from typing import Any, BinaryIO, Final, cast

from flask import Response as FlaskResponse
from flask import make_response, render_template, send_file

from fieldops import clock, i18n
from fieldops.errors import NotFound
from fieldops.extensions import db, limiter
from fieldops.media.store import photo_name
from fieldops.models import DataVisit
from fieldops.operations.gather_own_data import OwnData, gather_own_data
from fieldops.web.citizen.data_document import document_of, photo_file
from fieldops.web.citizen.data_visit import Answer, visiting
from fieldops.web.citizen.room import blueprint
from fieldops.web.page import installation

MOST_FILES: Final = "30/hour"
IN_MEMORY: Final = 8_000_000


@blueprint.get("/data-saya/unduh.json")
@limiter.limit(MOST_FILES)
@visiting
def data_file(visit: DataVisit) -> Answer:
    """Send all that is held, for programs; its parts are described in docs/own-data-file.md."""
    answer = make_response(_as_json(_document(_held(visit))))
    answer.mimetype = "application/json"
    return _named(answer, "json")


@blueprint.get("/data-saya/cetak")
@visiting
def data_print(visit: DataVisit) -> Answer:
    """Show all that is held on one page, to read and to print."""
    held = _held(visit)
    links = {photo_file(photo): photo.id for photo in held.photos()}
    return render_template("citizen/data_print.html", document=_document(held), photo_ids=links, when=_when)


@blueprint.get("/data-saya/unduh.zip")
@limiter.limit(MOST_FILES)
@visiting
def data_pack(visit: DataVisit) -> Answer:
    """Send the file, the page and the photos, packed."""
    held = _held(visit)
    document = _document(held)
    file = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=IN_MEMORY))  # noqa: SIM115  sent, then closed
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("data.json", _as_json(document))
        pack.writestr("data.html", render_template("citizen/data_copy.html", document=document, when=_when))
        for photo in held.photos():
            try:
                with installation().media.open(photo_name(photo.sha256, "large")) as one:
                    pack.writestr(photo_file(photo), one.read(), zipfile.ZIP_STORED)
            except NotFound:
                continue  # its time is over; the row is not gone yet
    file.seek(0)
    return _named(send_file(file, mimetype="application/zip"), "zip")


def _held(visit: DataVisit) -> OwnData:
    return gather_own_data(db.session(), installation(), visit)


def _document(held: OwnData) -> dict[str, Any]:
    house = installation()
    base = house.settings.public_url.rstrip("/")
    return document_of(held, house.city, base, i18n.language())


def _when(at: str) -> str:
    """Write a time of the document as people of the city do."""
    moment = datetime.fromisoformat(at)
    return f"{i18n.date_words(moment, weekday=False, year=True)}, {i18n.time_words(moment)}"


def _as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=2).encode()


def _named(answer: FlaskResponse, kind: str) -> FlaskResponse:
    name = f"data-saya-{i18n.local(clock.now()):%Y-%m-%d}.{kind}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
