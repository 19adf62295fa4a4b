"""The demonstration's complaints: as many, as varied and as private as they should be."""

import re
from collections import Counter
from datetime import timedelta

import numpy as np
import pytest

from fieldops.demo.city import DemoCity
from fieldops.demo.hours import WIB
from fieldops.demo.locating import WORST_CONFIRMED_M
from fieldops.demo.requests import DemoRequest
from fieldops.demo.sheet import on_plan, to_plan
from fieldops.domain.city import load_city
from fieldops.domain.places import Channel, LocationState

PHONE = re.compile(r"(?:\+62|\b0)[\d\s.-]{7,}|\d{5,}")


def test_every_service_of_the_profile_is_reported_and_no_other(demo: DemoCity) -> None:
    counts = Counter(request.service_code for request in demo.requests)
    assert set(counts) == {service.code for service in load_city("surakarta").services}
    assert counts.most_common(1)[0][0] == "pothole"
    assert min(counts.values()) > 50


def test_load_is_that_of_the_city(demo: DemoCity) -> None:
    assert 2_600 < len(demo.requests) < 3_500
    per_day = _per_day(demo)
    assert 25 <= per_day.mean() <= 40
    assert per_day.max() > 2 * per_day.mean()
    by_channel = Counter(request.channel for request in demo.requests)
    assert by_channel[Channel.WHATSAPP] / len(demo.requests) == pytest.approx(0.66, abs=0.04)


def test_requests_follow_rain(demo: DemoCity) -> None:
    mm = np.array([day.mm for day in demo.rain])
    assert np.corrcoef(mm, _per_day(demo))[0, 1] > 0.4
    holes = _per_day(demo, "pothole")
    lagged = np.convolve(mm, [0, 1, 1, 1])[: len(mm)]
    assert np.corrcoef(lagged, holes)[0, 1] > 0.4
    water_days = {
        _local_day(request) for request in demo.requests if request.service_code == "standing_water"
    }
    wet_days = {day.day for day in demo.rain if day.mm > 0}
    late = {day + timedelta(days=1) for day in wet_days}  # told after midnight
    assert len(water_days - wet_days - late) <= 0.1 * len(water_days) + 3


def test_potholes_follow_traffic(demo: DemoCity) -> None:
    streets = demo.places.line("street")
    length_m = dict(zip(streets["name"], streets.to_crs("EPSG:32749").length, strict=True))
    holes = Counter(defect.street for defect in demo.defects if defect.service_code == "pothole")
    main = set(streets.query("line_class == 'arterial'")["name"])
    per_km = {
        kind: sum(holes[name] for name in length_m if (name in main) is kind)
        / sum(length for name, length in length_m.items() if (name in main) is kind)
        for kind in (True, False)
    }
    assert per_km[True] > 4 * per_km[False]


def test_several_people_report_one_defect_within_metres_and_days(demo: DemoCity) -> None:
    by_defect: dict[int, list[DemoRequest]] = {}
    for request in demo.requests:
        by_defect.setdefault(request.defect_id, []).append(request)
    repeats = 1 - len(by_defect) / len(demo.requests)
    assert 0.15 < repeats < 0.4
    assert max(len(members) for members in by_defect.values()) >= 5
    apart_m = []
    for defect in demo.defects:
        true = to_plan(np.array([[defect.lon, defect.lat]]))[0]
        for request in by_defect[defect.defect_id]:
            assert request.service_code == defect.service_code
            assert request.reported_at >= defect.first_reported_at
            if request.location_state is LocationState.CONFIRMED:
                apart_m.append(np.hypot(*(to_plan(np.array([[request.lon, request.lat]]))[0] - true)))
    assert np.median(apart_m) < 15
    assert np.quantile(apart_m, 0.99) < 150


def test_positions_say_how_far_they_can_be_trusted(demo: DemoCity) -> None:
    ground = on_plan(demo.places.area("city").geometry.iloc[0]).buffer(1.0)
    for request in demo.requests:
        is_nowhere = request.location_state is LocationState.NONE
        assert (request.lon is None) == (request.lat is None) == (request.accuracy_m is None) == is_nowhere
        if request.lon is not None and request.accuracy_m is not None:
            is_sharp = request.accuracy_m <= WORST_CONFIRMED_M
            assert is_sharp == (request.location_state is LocationState.CONFIRMED)
    points = np.array([(request.lon, request.lat) for request in demo.requests if request.lon is not None])
    x_m, y_m = to_plan(points).T
    west, south, east, north = ground.bounds
    assert x_m.min() >= west
    assert x_m.max() <= east
    assert y_m.min() >= south
    assert y_m.max() <= north
    states = Counter(request.location_state for request in demo.requests)
    assert 0.04 < states[LocationState.NONE] / len(demo.requests) < 0.15
    assert states[LocationState.ESTIMATED] > 100


def test_words_are_varied_and_partly_javanese(demo: DemoCity) -> None:
    words = [request.words for request in demo.requests]
    assert len(set(words)) > 0.97 * len(words)
    javanese = np.mean([request.language == "jv" for request in demo.requests])
    assert javanese == pytest.approx(0.12, abs=0.03)
    assert all(10 <= len(text) <= 400 for text in words)
    assert not any("{" in text or "  " in text for text in words)


def test_nothing_in_the_words_could_be_called(demo: DemoCity) -> None:
    for request in demo.requests:
        for text in (
            request.words,
            request.street,
            request.landmark,
            *(step.words for step in request.history),
        ):
            assert not PHONE.search(text), text
            assert "@" not in text


def test_contacts_reach_nobody(demo: DemoCity) -> None:
    contacts = {request.contact for request in demo.requests if request.contact}
    assert len(contacts) > 500
    assert all(contact.endswith("@example.org") for contact in contacts)


def test_some_wish_to_stay_unknown(demo: DemoCity) -> None:
    assert 0.1 < np.mean([request.anonymous for request in demo.requests]) < 0.35
    assert 0.02 < np.mean([request.confidential for request in demo.requests]) < 0.12


def test_people_write_by_day(demo: DemoCity) -> None:
    hours = np.array([request.reported_at.astimezone(WIB).hour for request in demo.requests])
    assert np.mean((hours >= 1) & (hours < 5)) < 0.03
    assert np.mean((hours >= 6) & (hours < 21)) > 0.8


def test_kelurahan_and_streets_are_those_of_the_map(demo: DemoCity) -> None:
    kelurahan = set(demo.places.area("kelurahan")["name"])
    streets = set(demo.places.line("street")["name"])
    for request in demo.requests:
        assert request.kelurahan in kelurahan | {""}
        assert request.street in streets | {""}


def _local_day(request: DemoRequest) -> object:
    return request.reported_at.astimezone(WIB).date()


def _per_day(demo: DemoCity, service_code: str | None = None) -> np.ndarray:
    counts = Counter(
        _local_day(request) for request in demo.requests if service_code in {None, request.service_code}
    )
    return np.array([counts[day.day] for day in demo.rain])
