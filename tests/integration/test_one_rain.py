"""Standing water: what one rain brought is one place, and rain that becomes known later changes that."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.operations.explain_links import links_of
from fieldops.operations.keep_rain import forget_gauge, keep_rain
from fieldops.queries.clusters import members_of
from fieldops.queries.figures_kept import gauges_kept
from fieldops.transaction import transaction
from tests.integration.conftest import STEP_LON, Story

FIRST = date(2026, 1, 1)


def water(story: Story, day: int, steps: int = 0) -> int:
    """Somebody reports standing water at noon of a day of January."""
    noon = datetime(2026, 1, day, 12, tzinfo=ZoneInfo(story.world.installation.city.time_zone))
    with clock.frozen(noon):
        return story.report(service_code="standing_water", lon=110.8230 + steps * STEP_LON)[0]


def rain(story: Story, line: str) -> None:
    """Readings of January come in, one letter a day: R rain, . dry, ? none."""
    rows = [
        f"{FIRST + timedelta(n)},{14 if letter == 'R' else 0}"
        for n, letter in enumerate(line)
        if letter != "?"
    ]
    with transaction() as session:
        keep_rain(
            session,
            "\n".join(["date,mm", *rows]).encode(),
            story.dispatcher,
            time_zone=story.world.installation.city.time_zone,
        )
    story.work()


def are_one(story: Story, *ids: int) -> bool:
    return len({story.cluster_of(number) for number in ids}) == 1


def test_without_readings_the_days_of_the_kind_count(story: Story) -> None:
    first, second, third = water(story, 3), water(story, 9, 1), water(story, 20, 2)
    assert are_one(story, first, second)
    assert not are_one(story, first, third)


def test_two_rains_part_what_the_days_would_join_and_one_rain_joins_what_they_would_part(
    story: Story,
) -> None:
    first, second = water(story, 3), water(story, 8, 1)
    assert are_one(story, first, second)
    number = story.cluster_of(first)
    rain(story, ".RR...RR..RR..R..")
    assert not are_one(story, first, second)
    assert story.cluster_of(first) == number, "the older one keeps the number"
    third = water(story, 17, 2)
    assert are_one(story, second, third), "nine days apart, and the same rain"
    assert not are_one(story, first, third)


def test_a_correction_groups_anew_and_so_does_a_gauge_that_is_forgotten(story: Story) -> None:
    first, second = water(story, 3), water(story, 8, 1)
    rain(story, ".RR...RR.")
    assert not are_one(story, first, second)
    rain(story, ".RR.R.RR.")
    assert are_one(story, first, second)
    rain(story, ".RR...RR.")
    assert not are_one(story, first, second)
    (gauge,) = gauges_kept(db.session())
    with transaction() as session:
        forget_gauge(session, gauge.gauge.id, story.dispatcher)
    story.work()
    assert are_one(story, first, second)


def test_staff_keep_the_last_word(story: Story) -> None:
    from fieldops.operations.merge_clusters import merge_clusters  # noqa: PLC0415 - beside its only use

    first, second = water(story, 3), water(story, 8, 1)
    rain(story, ".RR...RR.")
    with transaction() as session:
        merge_clusters(
            session, story.world.installation, story.cluster_of(first), story.cluster_of(second),
            story.dispatcher,
        )  # fmt: skip
    rain(story, ".RR....RR")
    assert are_one(story, first, second)


@pytest.mark.parametrize(
    ("language", "words", "rule"),
    [
        ("en", "same rain, 3–5 Jan", "when one rain brought them"),
        ("id", "hujan yang sama, 3–5 Jan", "hujan yang sama"),
    ],
)
def test_the_page_names_the_rain(story: Story, language: str, words: str, rule: str) -> None:
    rain(story, "..RRR......")
    first, second = water(story, 3), water(story, 8, 1)
    assert are_one(story, first, second)
    (_oldest, link) = links_of(
        db.session(), story.world.installation, members_of(db.session(), story.cluster_of(first))
    )
    assert link.why is not None
    assert link.why.same_event is True
    assert link.rain is not None
    assert (link.rain.first.day, link.rain.last.day) == (3, 5)
    browser = story.world.sign_in(Role.DISPATCHER)
    browser.set_cookie("language", language)
    page = browser.get(f"/petugas/kelompok/{story.cluster_of(first)}").text
    assert words in page
    assert rule in page
