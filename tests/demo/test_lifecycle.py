"""Histories walk the state table, run forward in time and leave a plausible day's work open."""

from collections import Counter
from datetime import timedelta

import numpy as np

from fieldops.demo.city import DemoCity
from fieldops.demo.requests import DemoRequest
from fieldops.domain.request_states import OPEN, REQUEST_MOVES, ClosedReason, DeclinedReason, RequestStatus


def test_every_history_walks_the_state_table(demo: DemoCity) -> None:
    for request in demo.requests:
        source: RequestStatus | None = None
        for step in request.history:
            facts = {key for key, _ in step.facts} | ({"words"} if step.words else set())
            REQUEST_MOVES.check(source, step.status, step.actor, facts)
            source = step.status
        assert source is request.state


def test_histories_run_forward_and_end_by_the_end(demo: DemoCity) -> None:
    for request in demo.requests:
        times = [step.at for step in request.history]
        assert times[0] == request.reported_at
        assert times == sorted(times)
        assert times[-1] <= demo.end
        assert all(moment.utcoffset() == timedelta(0) for moment in times)


def test_codes_are_those_of_the_domain(demo: DemoCity) -> None:
    facts = Counter(fact for request in demo.requests for step in request.history for fact in step.facts)
    reasons = {value for key, value in facts if key == "closed_reason"}
    assert reasons == {reason.value for reason in ClosedReason}
    assert {value for key, value in facts if key == "reason"} <= {reason.value for reason in DeclinedReason}


def test_a_merged_request_names_an_earlier_one_of_the_same_defect(demo: DemoCity) -> None:
    by_key = {request.external_key: request for request in demo.requests}
    merged = [request for request in demo.requests if request.state is RequestStatus.DUPLICATE]
    assert len(merged) > 20
    for request in merged:
        first = by_key[dict(request.history[-1].facts)["duplicate_of"]]
        assert first.defect_id == request.defect_id
        assert first.reported_at <= request.reported_at


def test_most_is_done_and_enough_is_open(demo: DemoCity) -> None:
    still_open = [request for request in demo.requests if request.state in OPEN]
    assert 250 <= len(still_open) <= 400
    assert {RequestStatus.SUBMITTED, RequestStatus.ACKNOWLEDGED} <= {request.state for request in still_open}
    old = [request for request in demo.requests if demo.end - request.reported_at > timedelta(days=21)]
    assert np.mean([request.state not in OPEN for request in old]) > 0.75


def test_only_what_has_ended_is_resolved(demo: DemoCity) -> None:
    assert all((request.resolved_at is None) == (request.state in OPEN) for request in demo.requests)


def test_half_is_read_within_a_day(demo: DemoCity) -> None:
    hours = [_hours_until_read(request) for request in demo.requests if len(request.history) > 1]
    assert 0.45 < np.mean([value <= 24 for value in hours]) < 0.8


def test_a_repair_ends_all_reports_of_its_defect(demo: DemoCity) -> None:
    repaired_at = {defect.defect_id: defect.repaired_at for defect in demo.defects}
    for request in demo.requests:
        done = [step.at for step in request.history if step.status is RequestStatus.DONE]
        if done:
            assert done[0] == repaired_at[request.defect_id]


def test_made_safe_comes_before_the_repair(demo: DemoCity) -> None:
    safe = [defect for defect in demo.defects if defect.made_safe_at]
    assert len(safe) > 30
    for defect in safe:
        assert defect.made_safe_at is not None
        assert defect.first_reported_at < defect.made_safe_at <= demo.end
        assert defect.repaired_at is None or defect.made_safe_at < defect.repaired_at
        assert defect.made_safe_photo is not None


def _hours_until_read(request: DemoRequest) -> float:
    return (request.history[1].at - request.reported_at).total_seconds() / 3600
