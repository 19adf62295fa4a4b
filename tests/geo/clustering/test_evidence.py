from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageEnhance

from geo.clustering.duplicates import NewReport
from geo.clustering.evidence import Sight, explain
from geo.clustering.photos import differing_bits, photo_hash
from geo.clustering.rules import DAY_S, RULES, LinkRule
from geo.clustering.words import shared_words, similar_words
from geo.errors import GeoError

PHOTOS = Path(__file__).parents[3] / ".." / "shared" / "data" / "exif_gps_samples" / "gps"


def report(x=0.0, day=0.0, accuracy_m=8.0):
    return NewReport(x, 0.0, day * DAY_S, "pothole", accuracy_m=accuracy_m)


# ---------------------------------------------------------------- words


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (
            "Ada lubang besar di jalan depan pasar",
            "LOBANG BESAR dekat pasar, tolong",
            ("lubang", "besar", "pasar"),
        ),
        ("jalan berlubang parah", "lubang", ("berlubang",)),
        ("Dalane bolong gedhe ngarep sekolahan", "bolong gedhe, mbebayani", ("bolong", "gedhe")),
        ("big pothole by the school", "A pothole near the School!", ("pothole", "school")),
        ("lampu mati", "lubang besar", ()),
        ("di jalan ini", "tolong jalan ini", ()),
        ("", "lubang", ()),
        ("got mampet", "gotong royong", ()),
    ],
)
def test_words_that_two_reports_share_are_named(one, other, words):
    assert shared_words(one, other) == words


def test_at_most_so_many_words_the_longest_kept_in_their_order():
    text = "saluran mampet penuh sampah plastik"
    assert shared_words(text, text, most=2) == ("saluran", "plastik")


def test_alike_descriptions_are_more_similar_than_others():
    hole = "lubang besar di tengah jalan, bahaya untuk motor"
    assert similar_words(hole, hole) == pytest.approx(1.0)
    assert similar_words(hole, "Lobang gede ditengah jalan bahaya motor") > 0.5
    assert similar_words(hole, "saluran air mampet penuh sampah") < 0.2
    assert similar_words(hole, "di jalan ini") == 0.0


@given(st.text(max_size=60), st.text(max_size=60))
def test_similarity_has_no_direction_and_stays_in_bounds(one, other):
    found = similar_words(one, other)
    assert 0.0 <= found <= 1.0 + 1e-9
    assert found == pytest.approx(similar_words(other, one))


# ---------------------------------------------------------------- photographs


def scene(seed, size=(240, 320)):
    dice = np.random.default_rng(seed)
    small = Image.fromarray(dice.integers(0, 255, (9, 12), dtype=np.uint8))
    return np.asarray(small.resize(size[::-1], Image.Resampling.BICUBIC), dtype=float)


@pytest.mark.parametrize("seed", range(10))
def test_the_same_scene_hashes_alike_whatever_its_size_light_and_noise(seed):
    picture = scene(seed)
    same = photo_hash(picture)
    dice = np.random.default_rng(99)
    assert differing_bits(same, photo_hash(scene(seed, (480, 640)))) <= 4
    assert differing_bits(same, photo_hash(picture * 0.7 + 30)) == 0
    assert differing_bits(same, photo_hash(picture + dice.normal(0, 12, picture.shape))) <= 6


def test_other_scenes_differ():
    hashes = [photo_hash(scene(seed)) for seed in range(40)]
    bits = [differing_bits(a, b) for k, a in enumerate(hashes) for b in hashes[:k]]
    assert min(bits) > 10
    assert 28 < np.mean(bits) < 36


@pytest.mark.data
@pytest.mark.skipif(not PHOTOS.is_dir(), reason="needs ../shared/data/exif_gps_samples")
def test_photographs_survive_recompression(tmp_path):
    files = sorted(PHOTOS.glob("*.jpg"))
    assert files
    for file in files:
        with Image.open(file) as photo:
            grey = photo.convert("L")
        smaller = ImageEnhance.Brightness(grey.resize((grey.width // 2, grey.height // 2))).enhance(1.1)
        smaller.save(tmp_path / "again.jpg", quality=50)
        with Image.open(tmp_path / "again.jpg") as again:
            assert differing_bits(photo_hash(np.asarray(grey)), photo_hash(np.asarray(again))) <= 6


def test_a_blank_picture_is_compared_with_nothing():
    assert photo_hash(np.full((40, 50), 7)) == 0
    assert differing_bits(0, photo_hash(scene(1))) is None


@pytest.mark.parametrize("bad", [np.zeros((20, 100)), np.zeros((40, 40, 3)), np.full((40, 40), np.nan)])
def test_what_is_no_picture_is_refused(bad):
    with pytest.raises(GeoError, match="picture"):
        photo_hash(bad)


# ---------------------------------------------------------------- explanations


def test_an_explanation_says_why():
    picture = photo_hash(scene(3))
    sights = (
        Sight("Lubang besar di depan pasar", "Jalan Melati", (picture,)),
        Sight("lobang besar", "jalan melati", (photo_hash(scene(4)), picture ^ 0b101)),
    )
    found = explain(report(0, 0), report(9, 2), RULES["pothole"], sights=sights, way_m=11.0)
    assert (found.distance_m, found.apart_days, found.way_m) == (9.0, 2.0, 11.0)
    assert found.radius_m == 15.0
    assert found.same_street is True
    assert found.words == ("lubang", "besar")
    assert found.photo_bits == 2
    assert set(found.weights) == {"distance", "time", "street", "words", "photo"}
    assert found.total == pytest.approx(sum(found.weights.values()))


def test_what_is_not_known_has_no_weight():
    found = explain(report(0, 0, nan), report(9, 2), RULES["pothole"], way_m=nan)
    assert set(found.weights) == {"distance", "time"}
    assert found.radius_m == -1.0
    assert found.way_m is None
    assert found.same_street is None
    assert found.photo_bits is None
    assert explain(report(), report(), RULES["pothole"], way_m=inf).way_m == inf


def test_nearer_and_sooner_weigh_more_and_support_never_outweighs_another_place():
    rule = RULES["drain"]
    by_distance = [explain(report(), report(x), rule).weights["distance"] for x in (0, 10, 30, 70)]
    by_time = [explain(report(), report(day=day), rule).weights["time"] for day in (0, 5, 30, 90)]
    assert by_distance == sorted(by_distance, reverse=True)
    assert by_time == sorted(by_time, reverse=True)
    assert by_distance[0] > 0 > by_distance[-1]
    sights = (Sight("lubang", "Jalan A", (photo_hash(scene(1)),)),) * 2
    assert explain(report(), report(70), rule, sights=sights).total < 0


def test_another_scene_says_nothing_and_other_words_speak_against():
    sights = (
        Sight("lampu mati", "A", (photo_hash(scene(1)),)),
        Sight("lubang", "B", (photo_hash(scene(2)),)),
    )
    weights = explain(report(), report(), LinkRule.fixed(15, 0), sights=sights).weights
    assert weights["photo"] == 0.0
    assert weights["words"] < 0
    assert weights["street"] < 0
    assert weights["time"] == 0.0
