"""Too few data are refused with both numbers."""

import pickle

import numpy as np
import pytest

from geo.errors import GeoError
from geo.statistics.refusals import SENTENCES, TooFewData, refuse_below, refuse_constant, refuse_few_counts


def counts_of(cells: int, hot: int, total: int) -> np.ndarray:
    """Counts: `hot` cells share `total` complaints, the first taking what is left over."""
    counts = np.zeros(cells, dtype=np.int64)
    counts[:hot] = total // hot
    counts[0] += total - counts.sum()
    return counts


@pytest.mark.parametrize(
    ("counts", "need", "found", "needed"),
    [
        (counts_of(29, 15, 90), "cells", 29, 30),
        (counts_of(30, 15, 59), "complaints", 59, 60),
        (counts_of(30, 9, 90), "nonzero_cells", 9, 10),
        (np.full(30, 3), "variance", 0, 0),
        (np.zeros(0), "cells", 0, 30),
    ],
)
def test_each_limit_is_refused_with_found_and_needed(
    counts: np.ndarray, need: str, found: int, needed: int
) -> None:
    with pytest.raises(TooFewData) as caught:
        refuse_few_counts(counts)
    assert (caught.value.need, caught.value.found, caught.value.needed) == (need, found, needed)
    assert str(found) in str(caught.value)
    assert str(needed) in str(caught.value)


def test_just_enough_is_not_refused() -> None:
    refuse_few_counts(counts_of(30, 10, 60))
    refuse_below("steps", 10, 10)
    refuse_constant([1.0, 1.0, 1.5])


def test_every_code_has_a_sentence_with_both_numbers() -> None:
    for need, sentence in SENTENCES.items():
        assert "{found}" in sentence, need
        assert "{needed}" in sentence, need
        assert "1,234" in str(TooFewData(need, 1234, 5678))


def test_the_error_survives_another_process() -> None:
    error = pickle.loads(pickle.dumps(TooFewData("steps", 4, 10, "A {found} of {needed} {{x}}.")))  # noqa: S301
    assert isinstance(error, GeoError)
    assert (error.need, error.found, error.needed, str(error)) == ("steps", 4, 10, "A 4 of 10 {x}.")
