"""How much each reason counts, learnt from merges and splits; and what a reporter is shown by it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from sqlalchemy import event, select

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import GroupingDecision, PairWeighing, ServiceRequest
from fieldops.operations.explain_links import links_of
from fieldops.operations.learn_weighing import learn_weighing
from fieldops.operations.merge_clusters import split_cluster
from fieldops.operations.suggest_duplicates import suggest_duplicates
from fieldops.operations.weigh_reasons import LEAST_DECIDED, LEAST_EACH_WAY, weighing_card, weighing_in_use
from fieldops.queries.clusters import members_of
from fieldops.queries.weighings import decided_pairs
from fieldops.spatialite import writing
from fieldops.tasks.registry import TASKS
from fieldops.transaction import transaction
from geo.clustering.weighing import Weighing
from tests.integration.conftest import STEP_LON, Story

LON = 110.8230
SAME, OTHER = "lubang besar depan pasar", "aspal retak memanjang"


def streets_of_reports(story: Story, count: int) -> list[int]:
    """So many places 60 m apart, two reports each: of one thing where the number is even, else of two."""
    ids = []
    for number in range(count):
        for words in (SAME, SAME if number % 2 == 0 else OTHER):
            ids += story.report(
                work=False, words=words, lon=LON + number * 15 * STEP_LON, lat=-7.566, accuracy_m=5.0
            )
    return ids


def decide(story: Story, ids: list[int], *, wrong: bool = False) -> None:
    """Staff join the pairs that tell of one thing and part the others, or the other way round."""
    with transaction() as session:
        for number, first in enumerate(ids[::2]):
            session.add(
                GroupingDecision(
                    first_id=first,
                    second_id=first + 1,
                    together=(number % 2 == 0) is not wrong,
                    user_id=story.dispatcher.user_id,
                    at=clock.now() + timedelta(seconds=number),
                )
            )


def learn(story: Story) -> int | None:
    return learn_weighing(db.session(), story.world.installation, transaction)


def test_too_few_decisions_teach_nothing_and_the_card_says_how_many_there_are(story: Story) -> None:
    ids = streets_of_reports(story, 4)
    decide(story, ids)
    assert learn(story) is None
    card = weighing_card(db.session())
    assert (card.joined, card.parted, card.learnt_at, card.is_enough) == (2, 2, None, False)
    assert weighing_in_use(db.session()) == Weighing()


@contextmanager
def statements() -> Iterator[list[tuple[bool, str]]]:
    """What is asked of the database meanwhile, and whether inside a unit of work."""
    asked: list[tuple[bool, str]] = []

    def note(*held: object) -> None:
        asked.append((writing.get(), str(held[2])))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def test_nobody_waits_while_reports_are_read_and_only_the_outcome_is_a_unit_of_work(story: Story) -> None:
    decide(story, streets_of_reports(story, LEAST_DECIDED + 4))
    with statements() as asked:
        TASKS["learn_weighing"](story.world.installation, {})
    assert weighing_card(db.session()).learnt_at is not None
    kept = [sentence for is_writing, sentence in asked if is_writing and not sentence.startswith("BEGIN")]
    assert kept
    assert all("pair_weighing" in sentence for sentence in kept), kept


def test_a_page_counts_no_decisions_since_the_night_has_counted_them(story: Story) -> None:
    ids = streets_of_reports(story, 3)
    decide(story, ids)
    assert weighing_card(db.session()).joined == 0, "not counted yet"
    learn(story)
    with statements() as asked:
        card = weighing_card(db.session())
    assert (card.joined, card.parted) == (2, 1)
    assert not any("grouping_decision" in sentence for _is_writing, sentence in asked)
    ids += story.report(2, lon=LON + 0.02)
    decide(story, ids)
    learn(story)
    card = weighing_card(db.session())
    assert (card.joined, card.parted, card.learnt_at) == (2, 2, None)
    db.session().rollback()
    assert db.session().query(PairWeighing).count() == 1, "a count stands in the place of the one before"


def test_what_cannot_be_proven_yet_is_not_called_worse(story: Story) -> None:
    ids = streets_of_reports(story, LEAST_DECIDED)
    decide(story, ids)
    with transaction() as session:  # all that was joined is older than all that was parted
        for row in session.scalars(select(GroupingDecision).where(GroupingDecision.together.is_(True))):
            row.at -= timedelta(days=30)
    learn(story)
    card = weighing_card(db.session())
    assert (card.joined, card.parted) == (LEAST_DECIDED // 2, LEAST_DECIDED // 2)
    assert card.card["proof"] is None
    assert card.learnt_at is None
    story.work()
    cluster_id = story.cluster_of(ids[0])
    browser = story.world.sign_in(Role.DISPATCHER)
    browser.set_cookie("language", "en")
    page = browser.get(f"/petugas/kelompok/{cluster_id}").text
    assert "ordered them worse" not in page
    assert "could not be proven yet" in page


def test_words_that_decided_here_count_more_from_the_next_night_on(story: Story) -> None:
    ids = streets_of_reports(story, LEAST_DECIDED + 4)
    decide(story, ids)
    assert learn(story) is not None
    card = weighing_card(db.session())
    assert card.learnt_at is not None
    assert card.is_enough
    assert card.card["proof"]["learnt"] >= card.card["proof"]["stated"]
    assert card.factors["words"] > 1.5
    story.work()
    members = members_of(db.session(), story.cluster_of(ids[0]))
    why = next(link.why for link in links_of(db.session(), story.world.installation, members) if link.why)
    assert why.weights["words"] == pytest.approx(2.0 * card.factors["words"])
    assert learn(story) is None, "nothing is new"


def test_what_orders_worse_than_the_stated_weights_is_kept_and_not_used(story: Story) -> None:
    ids = streets_of_reports(story, LEAST_DECIDED + 4)
    half = len(ids) // 2
    decide(story, ids[: half - half % 4], wrong=True)  # the older half says the opposite of the newer one
    with transaction() as session:
        for row in session.scalars(select(GroupingDecision)):
            row.at -= timedelta(days=30)
    decide(story, ids[half - half % 4 :])
    assert learn(story) is not None
    card = weighing_card(db.session())
    assert card.card["proof"]["learnt"] < card.card["proof"]["stated"]
    assert card.learnt_at is None
    assert weighing_in_use(db.session()) == Weighing()


def test_a_report_marked_as_the_same_is_a_decision_and_the_last_word_counts(story: Story) -> None:
    first, second = story.report(2)
    with transaction() as session:
        request = session.get_one(ServiceRequest, second)
        request.status, request.duplicate_of_id, request.ended_at = "duplicate", first, clock.now()
    assert [(pair.first_id, pair.second_id, pair.together) for pair in decided_pairs(db.session())] == [
        (first, second, True)
    ]
    with transaction() as session:
        session.add(
            GroupingDecision(
                first_id=first, second_id=second, together=False, user_id=story.dispatcher.user_id,
                at=clock.now(),
            )
        )  # fmt: skip
    assert [pair.together for pair in decided_pairs(db.session())] == [False]


def test_one_split_of_many_reports_is_not_many_decisions(story: Story) -> None:
    ids = story.report(7, lon=LON)
    with transaction() as session:
        split_cluster(session, story.world.installation, story.cluster_of(ids[0]), ids[4:], story.dispatcher)
    assert db.session().query(GroupingDecision).count() == 4 * 3 + 2
    counted = [pair.together for pair in decided_pairs(db.session())]
    assert (counted.count(False), counted.count(True)) == (4, 2)


def test_enough_is_stated_once(story: Story) -> None:
    del story
    assert (LEAST_DECIDED, LEAST_EACH_WAY) == (60, 20)


def test_a_reporter_is_shown_the_likeliest_first_and_nothing_of_a_private_report(story: Story) -> None:
    (private,) = story.report(confidential=True, words="rahasia: dekat rumah saya")
    (crack,) = story.report(service_code="sunken_road", lon=LON + STEP_LON)
    (hole,) = story.report(lon=LON + 3 * STEP_LON)
    db.session().rollback()
    found = suggest_duplicates(db.session(), story.world.installation, LON + STEP_LON, -7.566)
    assert private not in {one.request.id for one in found}
    assert {one.request.id for one in found} <= {crack, hole}
    assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)


def test_a_kind_that_is_looked_for_farther_around_is_not_likelier_for_that(story: Story) -> None:
    (hole,) = story.report()
    (drain,) = story.report(service_code="blocked_drain")
    found = suggest_duplicates(db.session(), story.world.installation, LON, -7.566)
    weight = {one.request.id: one.weight for one in found}
    assert weight[hole] == pytest.approx(weight[drain], abs=0.01)


def test_how_much_distance_counts_here_moves_what_a_reporter_sees_first(story: Story) -> None:
    (old,) = story.report()
    with transaction() as session:
        session.get_one(ServiceRequest, old).reported_at = clock.now() - timedelta(days=50)
    (new,) = story.report(lon=LON + 5 * STEP_LON, accuracy_m=3.0)
    (old_cluster, new_cluster) = story.cluster_of(old), story.cluster_of(new)
    assert old_cluster != new_cluster
    with transaction() as session:
        session.add(
            PairWeighing(
                learnt_at=clock.now(), learnt_from="x", factors={"distance": 0.0}, card={}, active=True
            )
        )
    found = suggest_duplicates(db.session(), story.world.installation, LON, -7.566, "pothole")
    assert [one.request.id for one in found] == [new, old]
    with transaction() as session:
        session.scalars(select(PairWeighing)).one().factors = {"time": 0.0}
    found = suggest_duplicates(db.session(), story.world.installation, LON, -7.566, "pothole")
    assert [one.request.id for one in found] == [old, new]
