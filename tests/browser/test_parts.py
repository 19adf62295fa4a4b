"""The parts in a real Chromium under the site's own CSP: themes, accessibility, maps, photos, forms."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, render_template, render_template_string, request
from flask_babel import Babel
from werkzeug.serving import make_server

from fieldops.web.protection import CONTENT_SECURITY_POLICY
from fieldops.web.words import WORDS

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
VENDOR = ROOT / "static/vendor/leaflet/dist/leaflet.js"
WEST, SOUTH = 110.82, -7.575

PIN_PAGE = """
{% extends 'layouts/public.html' %}
{% from 'components/map.html' import pin_map %}{% from 'components/field.html' import photo_field %}
{% from 'components/button.html' import button %}
{% block title %}Titik{% endblock %}
{% block main %}<form method="post" data-module="form">
{{ pin_map('Titik aduan', '/base', when='now', centre=(110.825, -7.57), points_url='/points') }}
{{ photo_field('photos', 'Foto') }}{{ button('Kirim', busy='Mengirim…') }}</form>{% endblock %}
"""
HOME_PAGE = """
{% extends 'layouts/public.html' %}
{% from 'components/map.html' import map_view %}
{% block title %}Beranda{% endblock %}
{% block head_inner %}<h1>Beranda</h1>{% endblock %}
{% block main %}{{ map_view('Peta', '/base', '/points', when='tap') }}{% endblock %}
"""


def feature(shape: str, coordinates: Any, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "properties": properties,
        "geometry": {"type": shape, "coordinates": coordinates},
    }


def base() -> dict[str, Any]:
    square = [
        [WEST, SOUTH],
        [WEST + 0.01, SOUTH],
        [WEST + 0.01, SOUTH + 0.01],
        [WEST, SOUTH + 0.01],
        [WEST, SOUTH],
    ]
    street = [[WEST, SOUTH + 0.005], [WEST + 0.01, SOUTH + 0.005]]
    parts = [
        feature("Polygon", [square], kind="area", name="Danukusuman"),
        feature("LineString", street, kind="street", **{"class": "main"}, name="Jl. Veteran"),
    ]
    return {"type": "FeatureCollection", "features": parts}


def points() -> dict[str, Any]:
    rows = [
        feature(
            "Point", [WEST + 0.0050 + 0.0001 * n, SOUTH + 0.005], family="road", icon="hole", severity=3,
            state="open", title=f"<b>Jalan</b> {n}", text="Jl. Veteran", url=f"/aduan/{n}",
        )
        for n in range(3)
    ]  # fmt: skip
    return {"type": "FeatureCollection", "features": rows}


def make_site() -> Flask:
    site = Flask("parts", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    site.secret_key = "parts"
    Babel(site, default_locale="en")
    site.jinja_env.filters["words"] = lambda code, kind: WORDS[kind][code]() if code in WORDS[kind] else code

    @site.context_processor
    def shared() -> dict[str, Any]:
        return {
            "theme": request.args.get("theme"),
            "language": "id",
            "languages": ("id", "en"),
            "is_demo": True,
            "city": SimpleNamespace(name="Surakarta", organisation="DPUPR Surakarta"),
            "current_user": SimpleNamespace(id=1),
            "nav_items": [{"url": "/", "label": "Beranda", "icon": "pin", "current": True}],
        }

    @site.after_request
    def harden(answer: Any) -> Any:
        answer.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
        return answer

    def nothing(**_: str) -> str:
        return "sent"

    for rule, name in (
        ("/bahasa/<code>", "citizen.language_set"),
        ("/tema/<theme>", "citizen.theme_set"),
        ("/masuk", "account.sign_in"),
        ("/data-saya", "citizen.data"),
        ("/akun", "account.own"),
        ("/akun/pemberitahuan", "account.devices"),
    ):
        site.add_url_rule(rule, name, nothing)
    script = {"Content-Type": "text/javascript"}
    site.add_url_rule("/sw.js", "worker.script", lambda: ("", script))
    site.add_url_rule("/keluar", "account.sign_out", nothing, methods=["POST"])
    site.add_url_rule("/komponen", "gallery", lambda: render_template("gallery.html"))
    site.add_url_rule("/titik", "point", lambda: render_template_string(PIN_PAGE))
    site.add_url_rule("/", "home", lambda: render_template_string(HOME_PAGE))
    site.add_url_rule("/base", "base", base)
    site.add_url_rule("/points", "points", points)
    return site


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    server = make_server("127.0.0.1", 0, make_site(), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def page(chromium: Any) -> Iterator[Any]:
    """A phone's page; at the end nothing may have gone wrong in its console."""
    context = chromium.new_context(
        viewport={"width": 360, "height": 780},
        geolocation={"latitude": -7.571, "longitude": 110.826, "accuracy": 70},
        permissions=["geolocation"],
    )
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    opened.on("pageerror", lambda failure: wrong.append(str(failure)))
    yield opened
    context.close()
    assert wrong == []


needs_leaflet = pytest.mark.skipif(
    not VENDOR.is_file(), reason="static/vendor is not installed: script/vendor"
)


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: script/vendor --dev")
@pytest.mark.parametrize("theme", ["light", "dark", "sun"])
@pytest.mark.parametrize("width", [360, 1280])
def test_gallery_passes_axe_and_never_scrolls_sideways(
    chromium: Any, address: str, theme: str, width: int
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 900}, bypass_csp=True)
    opened = context.new_page()
    opened.goto(f"{address}/komponen?theme={theme}")
    opened.wait_for_load_state("networkidle")
    opened.evaluate(AXE.read_text(encoding="utf-8"))
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = opened.evaluate("(tags) => axe.run(document, {runOnly: tags})", tags)
    sideways = opened.evaluate("document.documentElement.scrollWidth - innerWidth")
    context.close()
    assert [(one["id"], one["nodes"][0]["html"]) for one in found["violations"]] == []
    assert sideways <= 0


def test_first_page_needs_few_requests_and_no_map(page: Any, address: str) -> None:
    asked: list[str] = []
    page.on("request", lambda sent: asked.append(sent.url))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    assert len(asked) <= 8
    assert not [url for url in asked if "leaflet" in url or "/points" in url]


def test_theme_changes_without_a_page_load(page: Any, address: str) -> None:
    page.goto(f"{address}/?theme=light")
    page.wait_for_load_state("networkidle")
    dark = page.locator("[data-theme-set=dark]")
    dark.click()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    assert dark.get_attribute("aria-current") == "true"
    assert page.url.endswith("theme=light")


@needs_leaflet
def test_map_starts_on_tap_and_opens_a_card_by_keyboard(page: Any, address: str) -> None:
    page.goto(address)
    page.locator("[data-start]").click()
    marker = page.locator(".sym").first
    marker.wait_for()
    for _ in range(6):
        if page.locator(".leaflet-popup").count():
            break
        page.locator(".sym").first.focus()
        page.keyboard.press("Enter")
        page.wait_for_timeout(700)
    card = page.locator(".leaflet-popup")
    assert "<b>Jalan</b> " in card.inner_text()  # the data's text is words, never markup
    assert card.locator("a").get_attribute("href").startswith("/aduan/")
    page.keyboard.press("Escape")
    card.wait_for(state="detached")


@needs_leaflet
def test_pin_follows_gps_keys_and_typing(page: Any, address: str) -> None:
    page.goto(f"{address}/titik")
    page.locator("#pin-map .leaflet-container").wait_for()
    page.locator("[data-here]").click()
    page.wait_for_function("document.querySelector('#lat').value === '-7.571000'")
    assert page.input_value("#location_source") == "gps"
    assert page.input_value("#location_accuracy_m") == "70"
    assert "70 m" in page.locator("[data-said-for]").inner_text()
    page.wait_for_timeout(600)
    page.locator(".sym.own").focus()
    page.keyboard.press("ArrowUp")
    assert float(page.input_value("#lat")) > -7.571
    assert page.input_value("#location_source") == "drag"
    assert page.input_value("#location_accuracy_m") == ""
    page.locator("details.fold summary").click()
    page.fill("#lat", "-7.5702")
    page.locator("#lat").blur()
    assert page.input_value("#location_source") == "typed"


@pytest.mark.data
def test_photo_is_shrunk_and_its_position_kept(page: Any, address: str, data: Path) -> None:
    photo = data / "exif_gps_samples" / "gps" / "DSCN0010.jpg"
    if not (ROOT / "static/vendor/exifr/dist/mini.esm.js").is_file():
        pytest.skip("static/vendor is not installed: script/vendor")
    page.goto(f"{address}/titik")
    page.wait_for_load_state("networkidle")
    page.set_input_files("#photos", [str(photo)])
    page.locator("[data-photos] img").wait_for()
    sent = page.evaluate(
        "JSON.stringify(Object.fromEntries([...new FormData(document.querySelector('main form'))]"
        ".filter(([name, value]) => typeof value === 'string')))"
    )
    fields = json.loads(sent)
    assert float(fields["photos_lat"]) == pytest.approx(43.46745, abs=1e-4)
    assert float(fields["photos_lon"]) == pytest.approx(11.88513, abs=1e-4)
    assert fields["photos_taken_at"] == "2008:10:22 16:28:39"
    bare = page.evaluate(
        "document.querySelector('#photos').files[0].arrayBuffer()"
        ".then((held) => new TextDecoder('latin1').decode(held).includes('Exif'))"
    )
    assert bare is False


def test_danger_asks_once(page: Any, address: str) -> None:
    page.goto(f"{address}/komponen?theme=light")
    page.wait_for_load_state("networkidle")
    button = page.locator("button.danger").first
    button.click()
    assert button.inner_text() == "Decline this report?"
    page.keyboard.press("Escape")
    assert button.inner_text() == "Decline"
