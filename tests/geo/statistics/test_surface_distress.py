import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import GeoError
from geo.statistics.surface_distress import SurveyedSegment, distress_versions, surface_distress

SOUND = SurveyedSegment(100.0, 0.0, None, 0, 0.0)


@pytest.mark.parametrize(
    ("segment", "version", "parts", "index", "condition"),
    [
        (SOUND, "holes_per_km", (0, 0, 0), 0.0, "good"),
        # Worked by hand: 20 % cracked, 4 mm wide, 3 holes in 100 m, ruts of 2 cm.
        (SurveyedSegment(100.0, 20.0, 4.0, 3, 2.0), "holes_per_km", (20, 40, 115), 125.0, "light_damage"),
        (SurveyedSegment(100.0, 20.0, 4.0, 3, 2.0), "holes_per_100_m", (20, 20, 35), 45.0, "good"),
        (SurveyedSegment(100.0, 5.0, 1.0, 0, 0.5), "holes_per_km", (5, 5, 5), 7.5, "good"),
        (SurveyedSegment(100.0, 30.0, 3.0, 1, 3.0), "holes_per_km", (20, 20, 95), 105.0, "light_damage"),
        (SurveyedSegment(100.0, 31.0, 3.1, 6, 3.1), "holes_per_km", (40, 80, 305), 325.0, "heavy_damage"),
        (SurveyedSegment(50.0, 9.0, 1.0, 3, 0.0), "holes_per_km", (5, 5, 230), 230.0, "heavy_damage"),
        (SurveyedSegment(50.0, 9.0, 1.0, 3, 0.0), "holes_per_100_m", (5, 5, 20), 20.0, "good"),
        (SurveyedSegment(100.0, 40.0, 6.0, 1, 1.0), "holes_per_100_m", (40, 80, 95), 105.0, "light_damage"),
        (SurveyedSegment(100.0, 31.0, 2.0, 0, 1.0), "holes_per_km", (40, 40, 40), 50.0, "fair"),
    ],
)
def test_the_index_by_hand(segment, version, parts, index, condition):
    found = surface_distress(segment, version)
    assert (found.after_cracks, found.after_width, found.after_holes) == parts
    assert (found.index, found.condition) == (index, condition)
    assert found.version.name == version


def test_versions_say_where_they_are_from_and_that_nobody_read_the_guide():
    versions = distress_versions()
    assert [version.name for version in versions] == ["holes_per_km", "holes_per_100_m"]
    for version in versions:
        assert version.source
        assert version.status.startswith("secondary")


def test_the_versions_disagree_on_the_class_of_one_survey():
    segment = SurveyedSegment(100.0, 0.0, None, 2, 0.0)
    assert surface_distress(segment, "holes_per_km").condition == "fair"
    assert surface_distress(segment, "holes_per_100_m").condition == "good"
    more = dataclasses.replace(segment, holes=6)
    assert surface_distress(more, "holes_per_km").condition == "heavy_damage"
    assert surface_distress(more, "holes_per_100_m").condition == "good"


@given(
    st.floats(0.0, 100.0),
    st.floats(0.0, 20.0),
    st.integers(0, 200),
    st.floats(0.0, 20.0),
    st.sampled_from(["holes_per_km", "holes_per_100_m"]),
)
def test_more_damage_is_never_a_lower_index(area, width, holes, ruts, version):
    segment = SurveyedSegment(100.0, area, width, holes, ruts)
    index = surface_distress(segment, version).index
    for worse in (
        {"crack_area_percent": min(100.0, area + 5.0)},
        {"crack_width_mm": width + 3.0},
        {"holes": holes + 5},
        {"rut_depth_cm": ruts + 1.0},
    ):
        assert surface_distress(dataclasses.replace(segment, **worse), version).index >= index


@pytest.mark.parametrize(
    ("change", "version", "said"),
    [
        ({}, None, "needs the version of its guide.* There are: holes_per_km, holes_per_100_m"),
        ({}, "2011", "no version '2011' .* There are: holes_per_km"),
        ({"surface": "paving_stones"}, "holes_per_km", "for asphalt alone, not for paving_stones"),
        ({"length_m": 400.0}, "holes_per_km", r"about 100 m long \(50 to 150 m\), not 400 m"),
        ({"holes": None}, "holes_per_km", "needs the holes, which was not surveyed"),
        ({"rut_depth_cm": None}, "holes_per_km", "needs the depth of ruts"),
        ({"crack_area_percent": None}, "holes_per_km", "needs the cracked area"),
        ({"crack_area_percent": 5.0}, "holes_per_km", "needs the width of cracks"),
        ({"crack_area_percent": 120.0}, "holes_per_km", "120 % as the cracked area cannot be; 0 to 100 %"),
        ({"holes": -1}, "holes_per_km", "-1  as the holes cannot be"),
    ],
)
def test_what_cannot_be_worked_out_is_refused(change, version, said):
    with pytest.raises(GeoError, match=said):
        surface_distress(dataclasses.replace(SOUND, **change), version)
