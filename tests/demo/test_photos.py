"""Placeholder photos: drawn, labelled, varied, the same for the same seed, and without metadata."""

import io

import numpy as np
import pytest
from PIL import Image

from fieldops.demo.city import DemoCity
from fieldops.demo.photo_canvas import HEIGHT_PX, WIDTH_PX
from fieldops.demo.photos import KINDS, draw

LABEL_BOX = (WIDTH_PX - 132, HEIGHT_PX - 64, WIDTH_PX - 24, HEIGHT_PX - 22)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_a_plain_labelled_jpeg(kind: str) -> None:
    data = draw(kind, 5)
    image = Image.open(io.BytesIO(data))
    assert (image.format, image.size, image.mode) == ("JPEG", (1200, 900), "RGB")
    assert not image.getexif()
    assert 10_000 < len(data) < 400_000
    label = np.asarray(image.crop(LABEL_BOX).convert("L"), dtype=float)
    assert label.max() > 200  # the letters
    assert np.median(label) < 130  # on their dark ground


def test_same_seed_same_bytes() -> None:
    assert draw("pothole", 9) == draw("pothole", 9)


def test_seeds_and_kinds_differ() -> None:
    drawn = {draw(kind, seed) for kind in KINDS for seed in (1, 2)}
    assert len(drawn) == 2 * len(KINDS)


def test_an_unknown_kind_is_named() -> None:
    with pytest.raises(ValueError, match="'volcano'"):
        draw("volcano", 1)


def test_every_photo_of_the_city_can_be_drawn(demo: DemoCity) -> None:
    wanted = [request.photo for request in demo.requests]
    wanted += [photo for defect in demo.defects for photo in (defect.made_safe_photo, defect.after_photo)]
    photos = [photo for photo in wanted if photo]
    assert len(photos) > 2_000
    assert {photo.kind for photo in photos} == set(KINDS)
    # A photo is evidence of one place: none is used twice.
    assert len(set(photos)) == len(photos)
