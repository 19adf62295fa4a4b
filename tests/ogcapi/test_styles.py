"""The style files for QGIS: well formed, and of what the collections hold."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from fieldops.domain.city import load_city
from fieldops.domain.map_groups import MapGroup
from fieldops.domain.request_states import ENDED, RequestStatus
from fieldops.queries.features.hotspot_cells import HOTSPOT_CELLS
from fieldops.queries.features.requests import PUBLIC_REQUESTS, STAFF_REQUESTS
from fieldops.queries.features.work import CLUSTERS

FOLDER = Path(__file__).parents[2] / "docs" / "examples"


def parsed(name: str) -> ET.Element:
    return ET.fromstring((FOLDER / f"{name}.qml").read_text(encoding="utf-8"))  # noqa: S314  our own file


def expressions(style: ET.Element) -> list[str]:
    found = [rule.attrib["filter"] for rule in style.iter("rule")]
    found += [one.attrib["value"] for one in style.iter("Option") if one.attrib.get("name") == "expression"]
    return found + [one.attrib["fieldName"] for one in style.iter("text-style")]


@pytest.mark.parametrize("name", ["requests", "clusters", "hotspot-cells"])
def test_each_rule_has_its_symbol(name: str) -> None:
    style = parsed(name)
    symbols = [one.attrib["name"] for one in style.iter("symbol")]
    assert [rule.attrib["symbol"] for rule in style.iter("rule")] == symbols
    filters = [rule.attrib["filter"] for rule in style.iter("rule")]
    assert filters[-1] == "ELSE", "nothing is left undrawn"


def test_styles_name_properties_that_are_there() -> None:
    public = {column.name for column in PUBLIC_REQUESTS.columns}
    staff = {column.name for column in STAFF_REQUESTS.columns}
    for words in expressions(parsed("requests")):
        assert set(re.findall(r'"(\w+)"', words)) <= public & staff, words
        assert set(re.findall(r"attribute\('(\w+)'\)", words)) <= staff, words
    clusters = {column.name for column in CLUSTERS.columns}
    for words in expressions(parsed("clusters")):
        assert set(re.findall(r'"(\w+)"', words)) <= clusters, words
    cells = {column.name for column in HOTSPOT_CELLS.columns}
    for words in expressions(parsed("hotspot-cells")):
        assert set(re.findall(r'"(\w+)"', words)) <= cells, words


def test_every_band_has_a_rule() -> None:
    words = " ".join(expressions(parsed("hotspot-cells")))
    assert sorted(int(band) for band in re.findall(r'"band" = (-?\d)', words)) == list(range(-3, 4))


def test_every_status_that_is_not_ended_has_a_rule_and_every_kind_a_shape() -> None:
    words = " ".join(expressions(parsed("requests")))
    named = set(re.findall(r"'(\w+)'", words))
    assert named >= {status.value for status in RequestStatus} - {status.value for status in ENDED}
    assert named >= {
        MapGroup.OPEN.value,
        MapGroup.IN_PROGRESS.value,
        MapGroup.REPAIRED.value,
        "done",
        "closed",
    }
    assert named >= {service.code for service in load_city("surakarta").services} - {"other"}
