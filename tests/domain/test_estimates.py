from statistics import median

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.domain.estimates import PRIOR_WEIGHT, shrunk_median, usual
from fieldops.domain.priorities import BASE_S, LEAST_S, MOST_S, Severity, priority
from tests.domain.test_priorities import DUES, EXPOSURES, NOW, REPORTS, SEVERITIES

FIGURES = st.lists(st.integers(1, 500), min_size=1, max_size=60)


def test_without_a_finished_job_the_usual_figure_holds() -> None:
    assert shrunk_median([], 30) == 30
    assert [usual(60, severity) for severity in (1, 2, 3)] == [48, 60, 90]


def test_one_job_says_little_and_many_say_all() -> None:
    assert shrunk_median([90], 30) == pytest.approx(40)
    assert shrunk_median([90] * PRIOR_WEIGHT, 30) == pytest.approx(60)
    assert shrunk_median([90] * 200, 30) == pytest.approx(90, abs=2)


def test_one_forgotten_report_does_not_count() -> None:
    assert shrunk_median([40, 42, 38, 41, 480], 40) == pytest.approx(shrunk_median([40, 42, 38, 41, 44], 40))


@given(FIGURES, st.integers(1, 500))
def test_an_estimate_lies_between_the_usual_figure_and_the_median(measured: list[int], prior: int) -> None:
    low, high = sorted((prior, median(measured)))
    assert low - 1e-9 <= shrunk_median(measured, prior) <= high + 1e-9


@given(SEVERITIES, REPORTS, EXPOSURES, DUES)
def test_the_factors_shown_multiply_to_the_worth(
    severity: Severity, reports: int, exposure: float, due_at: object
) -> None:
    found = priority(severity, reports, exposure, due_at, NOW)  # type: ignore[arg-type]
    product = float(BASE_S)
    for factor in found.factors:
        product *= factor.times
    assert product == pytest.approx(found.uncapped_s)
    assert found.prize_s == int(min(MOST_S, max(LEAST_S, found.uncapped_s)))
