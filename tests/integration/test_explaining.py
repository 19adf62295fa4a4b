"""Why reports are one place: what is said of each link, and what of places that may be joined."""

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from sqlalchemy import select

from fieldops.extensions import db
from fieldops.media.photos import PreparedPhoto, read_photo
from fieldops.models import Cluster, Photo, ServiceRequest
from fieldops.operations.attach_photo import attach_photo
from fieldops.operations.explain_links import Candidate, Link, links_of, merge_candidates
from fieldops.operations.hash_photos import hash_photos
from fieldops.operations.merge_clusters import merge_clusters, split_cluster
from fieldops.queries.clusters import members_of
from fieldops.transaction import transaction
from tests.integration.conftest import STEP_LON, Story

LON = 110.8230


def scene(brightness: float = 1.0, side: int = 480) -> PreparedPhoto:
    """A dark hole in a light road, as two phones may see it."""
    y, x = np.mgrid[0:side, 0:side] / side
    road = 170 + 40 * np.sin(9 * x) * np.cos(5 * y)
    road[(x - 0.4) ** 2 + (y - 0.6) ** 2 < 0.05] = 30
    file = io.BytesIO()
    Image.fromarray(np.clip(road * brightness, 0, 255).astype(np.uint8)).save(file, "JPEG")
    return read_photo(file.getvalue(), file_name="lubang.jpg")


def attach(story: Story, request_id: int, photo: PreparedPhoto) -> None:
    with transaction() as session:
        request = session.get_one(ServiceRequest, request_id)
        attach_photo(session, story.world.installation, photo, kind="report", request=request)


def links(story: Story, request_id: int) -> dict[int, Link]:
    session = db.session()
    found = links_of(session, story.world.installation, members_of(session, story.cluster_of(request_id)))
    return {link.request.id: link for link in found}


def candidates(story: Story, request_id: int) -> list[Candidate]:
    cluster = story.cluster(story.cluster_of(request_id))
    return merge_candidates(db.session(), story.world.installation, cluster)


def test_each_link_says_distance_days_street_and_words(story: Story) -> None:
    first, second = story.report(2, words="Ada lubang besar dekat pasar")
    found = links(story, second)
    assert found[first].other is None
    link = found[second]
    assert link.other is not None
    assert link.why is not None
    assert link.other.id == first
    assert link.why.distance_m == pytest.approx(4.4, abs=0.2)
    assert link.why.apart_days < 1
    assert link.why.words == ("lubang", "besar", "pasar")
    assert link.why.weights["words"] == pytest.approx(2.0)
    assert link.why.total > link.why.weights["distance"]


def test_photos_of_one_scene_support_a_link(story: Story) -> None:
    first, second, third = story.report(3)
    attach(story, first, scene())
    attach(story, second, scene(1.2, side=360))
    attach(story, third, story.photo)  # a plain grey: it says nothing
    assert [photo.scene_hash for photo in db.session().scalars(select(Photo))] == [None] * 3
    story.work()
    hashes = db.session().scalars(select(Photo.scene_hash).order_by(Photo.id)).all()
    assert hashes[2] == "0" * 16
    assert "0" * 16 not in hashes[:2]
    found = links(story, first)
    why = found[second].why
    assert why is not None
    assert why.photo_bits is not None
    assert why.photo_bits <= 6
    assert why.weights["photo"] == 4.0
    other = found[third].why
    assert other is not None
    assert "photo" not in other.weights


def test_a_photo_that_is_gone_says_nothing_and_is_not_tried_again(story: Story) -> None:
    (request_id,) = story.report()
    photo = scene()
    attach(story, request_id, photo)
    for size in ("small", "large"):
        story.world.installation.media.delete(f"{photo.sha256}-{size}.jpg")
    story.work()
    assert db.session().scalars(select(Photo.scene_hash)).all() == ["0" * 16]
    with transaction() as session:
        assert hash_photos(session, story.world.installation) == 0


def test_what_staff_decided_is_said_with_who_and_when(story: Story) -> None:
    (near,) = story.report()
    (far,) = story.report(lon=LON + 0.002)
    assert [candidate.decision for candidate in candidates(story, near)] == [None]
    kept, ended = story.cluster_of(near), story.cluster_of(far)
    with transaction() as session:
        merge_clusters(session, story.world.installation, kept, ended, story.dispatcher)
    decision = links(story, near)[far].decision
    assert decision is not None
    assert (decision.together, decision.user_id) == (True, story.dispatcher.user_id)
    with transaction() as session:
        split_cluster(session, story.world.installation, kept, [far], story.dispatcher)
    (candidate,) = candidates(story, near)
    assert candidate.decision is not None
    assert not candidate.decision.together


def test_likelier_places_come_first_and_parted_ones_last(story: Story) -> None:
    (here,) = story.report(words="Lubang besar depan sekolah")
    (like,) = story.report(lon=LON + 6 * STEP_LON, words="lobang besar di muka sekolah", accuracy_m=30.0)
    (near,) = story.report(lon=LON - 5 * STEP_LON, words="aspal mengelupas", accuracy_m=3.0)
    parts = {story.cluster_of(number) for number in (here, like, near)}
    assert len(parts) == 3
    found = candidates(story, here)
    assert [candidate.cluster.id for candidate in found] == [story.cluster_of(like), story.cluster_of(near)]
    assert found[0].away_m > found[1].away_m, "the words outweigh some metres"


def test_what_is_neither_near_nor_alike_is_just_further_away(story: Story) -> None:
    (here,) = story.report(words="Lubang besar depan sekolah")
    (near,) = story.report(lon=LON + 6 * STEP_LON, words="aspal mengelupas")
    (far,) = story.report(lon=LON + 0.003, words="bahu jalan longsor")
    found = candidates(story, here)
    assert [(one.cluster.id, one.is_likely) for one in found] == [
        (story.cluster_of(near), True),
        (story.cluster_of(far), False),
    ]


def test_a_place_without_neighbours_has_no_candidate(story: Story) -> None:
    (alone,) = story.report()
    story.report(service_code="blocked_drain")
    assert candidates(story, alone) == []
    assert [link.why for link in links(story, alone).values()] == [None]


def test_a_member_without_a_place_is_listed_without_reasons(story: Story, submission: Any) -> None:
    first, second = story.report(2)
    with transaction() as session:
        request = session.get_one(ServiceRequest, second)
        request.place = request.map_key = None
    assert links(story, first)[second].why is None
    assert db.session().get_one(Cluster, story.cluster_of(first)).open
