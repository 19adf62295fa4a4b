"""Places from words, in a town of a few streets: x and y are hundreds of metres from the centre."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openlocationcode import openlocationcode as plus_codes
from shapely.geometry import LineString, Point, box

from fieldops.triage.gazetteer import NameIndex, Place, PlaceKind
from fieldops.triage.place_shapes import Plane, Spot
from fieldops.triage.place_words import PlaceFinder, PlaceReading

CENTRE = (110.823, -7.566)
BOUNDS = (110.76, -7.61, 110.88, -7.51)
PLANE = Plane(*CENTRE)


def at(x: float, y: float) -> tuple[float, float]:
    return PLANE.degrees(Spot(x * 100, y * 100, 0))


def street(name: str, *points: tuple[float, float]) -> Place:
    return Place(PlaceKind.STREET, name, LineString([at(*point) for point in points]))


def mark(name: str, x: float, y: float) -> Place:
    return Place(PlaceKind.LANDMARK, name, Point(at(x, y)))


def area(name: str, x: float, y: float, side: float) -> Place:
    return Place(PlaceKind.AREA, name, box(*at(x, y), *at(x + side, y + side)))


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    return PlaceFinder(
        NameIndex(
            [
                street("Jl. Slamet Riyadi", (-10, 0), (10, 0)),
                street("Jl. Gajah Mada", (2, -8), (2, 8)),
                street("Jl. Dr. Radjiman", (-10, -5), (10, -5)),
                street("Gang Mawar 2", (-4, 3), (-3, 3)),
                street("Gang Mawar 2", (7, 3), (8, 3)),
                mark("Pasar Gede", -3, 0.4),
                mark("Rumah Sakit Kasih", 5, 5),
                area("Laweyan", -10, -10, 8),
                area("Bumi", 3, -10, 4),
            ]
        ),
        CENTRE,
        BOUNDS,
    )


def said(reading: PlaceReading) -> tuple[str, float, float]:
    """The surest candidate: its code and where it is, in hundreds of metres."""
    best = reading.candidates[0]
    here = PLANE.flat(Point(best.lon, best.lat))
    return best.reasons[0].code, round(here.x / 100, 1) + 0.0, round(here.y / 100, 1) + 0.0


@pytest.mark.parametrize(
    ("text", "code", "x", "y"),
    [
        ("jln slamet riyadi bolong", "street", 0.0, 0.0),
        ("JL.SLAMETRIADI rusak", "street", 0.0, 0.0),
        ("radjiman jl radjiman berlubang", "street", 0.0, -5.0),
        ("perempatan slamet riyadi dan gajahmada", "crossing", 2.0, 0.0),
        ("jl gajah mada ketemu jl slamet riyadi", "streets_meet", 2.0, 0.0),
        ("depan psr gede jl slamet riyadi", "landmark_on_street", -3.0, 0.0),
        ("sebelah utara pasar gede", "landmark", -3.0, 1.0),
        ("wetane pasar gedhe ana bolongan", "landmark", -2.4, 0.4),
        ("ngarep rs kasih", "landmark", 5.0, 5.0),
        ("jl dr radjiman kel laweyan", "street_in_area", -6.0, -5.0),
        ("banjir di kelurahan bumi", "area", 5.0, -8.0),
    ],
)
def test_places_are_found_as_people_say_them(
    finder: PlaceFinder, text: str, code: str, x: float, y: float
) -> None:
    assert said(finder.read(text)) == (code, x, y)


@pytest.mark.parametrize(
    "text",
    [
        "jalan rusak parah mohon diperbaiki",
        "kel gajah mada",
        "mawar saya layu",
        "bumi makin panas",
        "selamat pagi pak",
        "",
    ],
)
def test_what_is_no_place_is_none(finder: PlaceFinder, text: str) -> None:
    assert not finder.read(text).names_a_place


def test_several_places_of_one_name_are_all_offered_with_less_trust(finder: PlaceFinder) -> None:
    both = finder.read("gang mawar 2 bolong").candidates
    one = finder.read("jl gajah mada bolong").candidates[0]
    assert len(both) == 2
    assert both[0].confidence == both[1].confidence == pytest.approx(one.confidence / 2, abs=0.01)


def test_a_relation_says_how_far(finder: PlaceFinder) -> None:
    front, near, bare = (finder.read(f"{word} pasar gede").candidates[0] for word in ("depan", "dekat", "eh"))
    assert front.radius_m < near.radius_m
    assert bare.confidence < near.confidence


@pytest.mark.parametrize(
    ("text", "details"),
    [
        ("rt 03 rw 05 no 14a", {"rt": "3", "rw": "5", "number": "14a"}),
        ("RT.3/RW.5", {"rt": "3", "rw": "5"}),
        ("rt 02/07 km 4,5", {"rt": "2", "rw": "7", "km": "4,5"}),
        ("tanggal 3/5 kemarin", {}),
    ],
)
def test_rt_rw_number_and_kilometre_are_read(finder: PlaceFinder, text: str, details: dict[str, str]) -> None:
    assert finder.read(text).details == details


@pytest.mark.parametrize(
    "text",
    [
        "https://maps.google.com/?q=-7.5661,110.8229",
        "lokasi https://maps.google.com/maps?q=-7.5661%2C110.8229&z=17&hl=en",
        "https://www.google.com/maps/place/Toko/@-7.51,110.87,17z/data=!4m5!3d-7.5661!4d110.8229",
        "https://www.google.com/maps/search/?api=1&query=-7.5661,110.8229",
        "https://www.google.com/maps/dir//-7.5661,110.8229",
        "https://www.openstreetmap.org/?mlat=-7.5661&mlon=110.8229#map=17/-7.51/110.87",
        "https://maps.apple.com/?ll=-7.5661,110.8229&q=Pin",
        "https://waze.com/ul?ll=-7.5661,110.8229&navigate=yes",
        "geo:-7.5661,110.8229;u=25",
        "-7.5661, 110.8229",
        "CRMF+H5 Surakarta",
        plus_codes.encode(-7.5661, 110.8229),
    ],
)
def test_positions_in_words_are_precise(finder: PlaceFinder, text: str) -> None:
    found = finder.read(text)
    best = found.candidates[0]
    assert (best.lon, best.lat) == pytest.approx((110.8229, -7.5661), abs=2e-4)
    assert best.radius_m <= 25
    assert not found.needs_pin_link


@pytest.mark.parametrize(
    "text",
    [
        "https://maps.app.goo.gl/aB3dE",
        "cek https://goo.gl/maps/xYz9",
        "https://osm.org/go/zc~Q--",
        "bit.ly/3abc",
    ],
)
def test_a_short_link_asks_for_a_pin(finder: PlaceFinder, text: str) -> None:
    found = finder.read(text)
    assert found.needs_pin_link
    assert found.candidates == ()


def test_a_position_elsewhere_is_no_candidate(finder: PlaceFinder) -> None:
    found = finder.read("geo:-6.2000,106.8000")
    assert (found.candidates, found.is_outside) == ((), True)
    for nowhere in ("geo:0.00,0.00", "https://maps.google.com/?q=-95.10,110.82"):
        assert not finder.read(nowhere).names_a_place


def test_a_view_is_trusted_less_than_a_pin(finder: PlaceFinder) -> None:
    view = finder.read("https://www.google.com/maps/@-7.5661,110.8229,17z").candidates[0]
    assert view.reasons[0].code == "map_view"
    assert view.radius_m >= 100


def test_no_names_at_all_is_no_trouble() -> None:
    empty = PlaceFinder(NameIndex([]), CENTRE, BOUNDS)
    assert empty.read("jl slamet riyadi").candidates == ()
    assert empty.read("CRMF+H5").candidates


@settings(deadline=None, max_examples=150)
@given(st.one_of(st.text(), st.from_regex(r"(https://maps\.google\.com/\?q=|geo:)[-+0-9.,%;u=]{0,40}")))
def test_any_text_is_read(text: str) -> None:
    made = PlaceFinder(NameIndex([street("Jl. Slamet Riyadi", (-1, 0), (1, 0))]), CENTRE, BOUNDS)
    for candidate in made.read(text).candidates:
        assert 0 < candidate.confidence <= 1
        assert BOUNDS[0] <= candidate.lon <= BOUNDS[2]


@pytest.mark.parametrize(
    "text",
    ["\0", "😀" * 4096, "x" * 10_000_000, "jl " * 5000, "https://" * 3000, "1.11," * 9000],
    ids=range(6),
)
def test_odd_texts_are_read(finder: PlaceFinder, text: str) -> None:
    assert finder.read(text).candidates == ()
