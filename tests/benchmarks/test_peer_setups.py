"""How a day is put to solvers that lack some of its rules."""

import numpy as np
import pytest

from geo.dispatch.problem import Break, Job, Problem, TravelTimes, Vehicle
from tests.benchmarks import peer_pyvrp, peer_vroom, peers
from tests.benchmarks.cuts import Terms, first_terms, next_terms, within
from tests.benchmarks.judging import Timetable, judge_plan, plan_of, tidied
from tests.benchmarks.zones import zones

HOUR = 3600
LUNCH = Break(id=1, time_windows=((11 * HOUR, 13 * HOUR),), service_s=1800)


def job(number, **how):
    return Job(id=number, location_index=number, **{"service_s": 600, "prize": 3000} | how)


def town(jobs, breaks=(), crews=2, **how):
    """A line of places ten minutes apart; the depot is place 0."""
    x = np.arange(1 + max(one.location_index for one in jobs)) * 600
    durations = np.abs(x[:, None] - x[None]).astype(np.int32)
    vehicles = tuple(
        Vehicle(
            id=n + 1,
            start_index=0,
            end_index=0,
            time_window=(7 * HOUR, 15 * HOUR),
            breaks=breaks,
            **{"skills": frozenset({1, 2})} | how,
        )
        for n in range(crews)
    )
    places = tuple((float(at), float(at % 3)) for at in range(len(x)))
    return Problem(vehicles, tuple(jobs), {"car": TravelTimes(durations)}, places=places)


# ---------------------------------------------------------------- breaks as moved windows


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([(0, 24 * HOUR)], [(0, 24 * HOUR - 1800)]),
        ([(8 * HOUR, 9 * HOUR)], [(8 * HOUR, 9 * HOUR)]),  # before the break
        ([(14 * HOUR, 15 * HOUR)], [(14 * HOUR - 1800, 15 * HOUR - 1800)]),  # behind it
        # before a late break, or behind an early one
        (
            [(12 * HOUR, 12 * HOUR + 600)],
            [(12 * HOUR - 1800, 12 * HOUR - 1200), (12 * HOUR, 12 * HOUR + 600)],
        ),
        ([(11 * HOUR, 11 * HOUR + 900)], [(11 * HOUR, 11 * HOUR + 900)]),  # no break is over by then
    ],
)
def test_windows_move_on_a_clock_that_stands_still_during_the_break(windows, expected):
    assert peer_pyvrp.on_the_clock(job(1, time_windows=tuple(windows)), LUNCH, "unfolded") == expected


def test_windows_stay_without_a_break_and_shrink_when_cautious():
    one = job(1, time_windows=((8 * HOUR, 9 * HOUR), (10 * HOUR, 14 * HOUR)))
    assert peer_pyvrp.on_the_clock(one, None, "unfolded") == list(one.time_windows)
    assert peer_pyvrp.on_the_clock(one, LUNCH, "shift") == list(one.time_windows)
    cautious = peer_pyvrp.on_the_clock(one, LUNCH, "cautious")
    assert cautious == [(8 * HOUR, 9 * HOUR), (10 * HOUR, 14 * HOUR - 1800)]


# ---------------------------------------------------------------- work that waits


def test_terms_part_each_pair_so_that_none_needs_to_wait():
    problem = town([job(1), job(2, after=(1,)), job(3)])
    terms = first_terms(problem)
    assert terms.moments == {(1, 2): 11 * HOUR}
    first, second, third = within(problem, terms)
    assert first.time_windows[0][1] == 11 * HOUR - first.service_s
    assert second.time_windows[0][0] == 11 * HOUR
    assert third == problem.jobs[2]
    assert not any(one.after for one in (first, second, third))


def test_terms_follow_the_last_plan():
    pairs = {(1, 2): 1000, (3, 4): 1000, (5, 6): 1000}
    orders = {1: [1, 2, 3], 2: [6]}
    timetable = Timetable({}, {1: 100, 2: 900, 3: 300}, {1: 200, 2: 950, 3: 400})
    terms = next_terms(Terms(pairs), orders, timetable)
    assert terms.moments == {(1, 2): 550, (3, 4): 400, (5, 6): 1000}
    assert terms.raised == {(5, 6)}
    assert not terms.out
    assert next_terms(terms, orders, timetable).out == {6}


def test_the_first_of_a_pair_is_paid_for_both_and_what_does_not_help_is_taken_out():
    problem = town([job(1), job(2, after=(1,), prize=500), job(3, after=(1,))])
    terms = Terms({(1, 2): 1000 + 7 * HOUR, (1, 3): 2000 + 7 * HOUR}, frozenset({(1, 2)}), frozenset({3}))
    first, second = within(problem, terms)
    assert (first.prize, second.prize) == (3500, 500)
    assert first.time_windows[0][1] == 7 * HOUR + 1000 - first.service_s


# ---------------------------------------------------------------- prizes and zones


@pytest.mark.parametrize("way", [*peer_vroom.WAYS, *peer_vroom.MORE_WAYS], ids=lambda way: way.name)
def test_priorities_fit_what_vroom_takes_and_must_do_comes_first(way):
    jobs = [job(1, prize=900), job(2, prize=12_000), job(3, prize=900, must_do=True), job(4, service_s=3600)]
    priorities = way(jobs)
    assert all(0 < priority <= 100 for priority in priorities.values())
    assert priorities[3] == 100 > max(priorities[1], priorities[2], priorities[4])
    assert priorities[2] > priorities[1]


def test_zones_share_out_jobs_and_crews_and_keep_places_together():
    jobs = [job(n) for n in range(1, 31)]
    jobs += [Job(id=n + 100, location_index=n, after=(n,)) for n in range(1, 10)]
    problem = town(jobs, crews=7)
    parts = zones(problem, jobs, 3)
    assert sorted(one.id for part in parts for one in part.jobs) == sorted(one.id for one in jobs)
    assert sorted(crew.id for part in parts for crew in part.vehicles) == list(range(1, 8))
    assert all(2 <= len(part.vehicles) <= 3 for part in parts)
    zone = {one.id: number for number, part in enumerate(parts) for one in part.jobs}
    assert all(zone[n] == zone[n + 100] for n in range(1, 10))


# ---------------------------------------------------------------- kept answers and times


def test_a_fingerprint_changes_with_a_prize_or_a_drive_alone():
    problem = town([job(1), job(2)])
    same = town([job(1), job(2)])
    assert peers.fingerprint(problem) == peers.fingerprint(same)
    assert peers.fingerprint(town([job(1), job(2, prize=3001)])) != peers.fingerprint(problem)
    same.matrices["car"].durations_s[0, 1] += 1
    assert peers.fingerprint(same) != peers.fingerprint(problem)


def test_answers_are_kept_and_read_back(monkeypatch, tmp_path):
    problem, asked = town([job(1)]), []

    def ask(problem, cpu_s, seed):
        asked.append(seed)
        yield peers.Answer({1: [1]}, 5.0, 0.5, 0.25, [{"score": 5.0}])

    monkeypatch.setattr(peers, "CACHE", tmp_path)
    monkeypatch.setattr(peers, "is_installed", lambda peer: True)
    monkeypatch.setattr(peers, "_ask_pyvrp", ask)
    first = peers.answer("pyvrp", problem, 2.0, 7, use_cache=True)
    assert len(list(tmp_path.glob("*.json"))) == 1
    monkeypatch.setattr(peers, "is_installed", lambda peer: False)
    assert peers.answer("pyvrp", problem, 2.0, 7, use_cache=True) == first
    assert peers.answer("pyvrp", problem, 3.0, 7, use_cache=True) is None, "another budget is another answer"
    assert peers.answer("pyvrp", problem, 2.0, 7, use_cache=False) is None


@pytest.mark.slow
def test_a_solver_that_does_not_end_is_ended_with_what_it_told(monkeypatch):
    def endless(problem, cpu_s, seed):
        yield peers.Answer({1: [1]}, 5.0, 0.5, 0.25)
        while True:
            pass

    monkeypatch.setattr(peers, "is_installed", lambda peer: True)
    monkeypatch.setattr(peers, "_ask_vroom", endless)
    monkeypatch.setattr(peers, "PATIENCE", -9.0)  # of 1 s; ten more are added
    found = peers.answer("vroom", town([job(1)]), 1.0, 1, use_cache=False)
    assert found is not None
    assert found.orders == {1: [1]}


# ---------------------------------------------------------------- the solvers themselves, where installed


def day():
    jobs = [job(n, skills=frozenset({1 + n % 2}), service_s=1800) for n in range(1, 9)]
    jobs[0] = job(1, must_do=True, time_windows=((7 * HOUR, 8 * HOUR), (13 * HOUR, 14 * HOUR)))
    jobs.append(Job(id=20, location_index=3, service_s=900, prize=5000, after=(3,)))
    return town(jobs, breaks=(LUNCH,))


@pytest.mark.parametrize("peer", peers.PEERS)
def test_a_peer_serves_a_day_that_everything_fits_into(peer):
    pytest.importorskip(peer)
    problem = day()
    found = peers.answer(peer, problem, 1.5, 1, use_cache=False)
    assert found is not None
    judged = judge_plan(problem, plan_of(problem, tidied(problem, found.orders)))
    assert not judged.violations
    assert judged.unserved == 0
    assert judged.score == found.score


def test_pyvrp_claims_what_the_referee_finds():
    pytest.importorskip("pyvrp")
    jobs = [job(n, skills=frozenset({1 + n % 2}), service_s=3600) for n in range(1, 14)]
    problem = town(jobs, overtime_max_s=HOUR, overtime_cost=2.0, fixed_cost=300)
    run = peer_pyvrp.solve(peer_pyvrp.build(problem, problem.jobs), 1.0, 1)
    judged = judge_plan(problem, plan_of(problem, tidied(problem, run.orders)))
    assert run.cost == judged.score
    assert judged.unserved == len(jobs) - sum(map(len, run.orders.values()))
