"""No page that folium draws may ask anybody but this site for a file."""

import folium
import pytest
from folium.plugins import HeatMap, MarkerCluster

from fieldops.config import ROOT
from fieldops.errors import SetupError
from fieldops.maps.assets import INSTALLED, classes_with_files, own_links, serve_from_here

DRAWN = sorted(classes_with_files(), key=lambda one: one.__qualname__)


def links(drawn: type) -> list[tuple[str, str]]:
    held = [getattr(drawn, name) for name in ("default_js", "default_css")]
    return [link for one in held if isinstance(one, list) for link in one]


def test_every_class_is_walked() -> None:
    assert folium.Map in DRAWN
    assert MarkerCluster in DRAWN
    assert len(DRAWN) > 40


@pytest.mark.parametrize("drawn", DRAWN, ids=lambda one: one.__qualname__)
def test_no_class_names_a_foreign_address(drawn: type) -> None:
    assert not [url for _name, url in links(drawn) if "//" in url]


def test_a_map_loads_the_installed_files() -> None:
    urls = [url for _name, url in links(folium.Map)]
    assert INSTALLED["leaflet.js"] in urls
    assert all(url.startswith("/static/vendor/") for url in urls)


def test_every_installed_file_is_there() -> None:
    if not (ROOT / "static" / "vendor" / "leaflet").is_dir():
        pytest.skip("set-up has not installed the front-end packages")
    assert not [url for url in INSTALLED.values() if not (ROOT / url.lstrip("/")).is_file()]


def test_a_class_without_installed_files_refuses_to_be_drawn() -> None:
    page = folium.Map(tiles=None)
    HeatMap([[-7.56, 110.82]]).add_to(page)
    with pytest.raises(SetupError, match="HeatMap"):
        page.get_root().render()


def test_an_unknown_address_is_not_taken_for_an_installed_one() -> None:
    assert own_links([("x", "https://cdn.example/other.js")]) is None
    assert own_links([("x", "https://cdn.example/leaflet@9/dist/leaflet.js")]) == [
        ("x", INSTALLED["leaflet.js"])
    ]


def test_exchanging_twice_changes_nothing() -> None:
    before = {one: links(one) for one in DRAWN}
    serve_from_here()
    assert {one: links(one) for one in DRAWN} == before
