import numpy as np
import pytest

from geo.clustering.neighbours import connected, near_pairs


@pytest.fixture(scope="session", autouse=True)
def _compiled():
    """Compile before the first test, so that no test's time is the compiler's."""
    connected(np.zeros(2), np.zeros(2), 1.0)
    near_pairs(np.zeros(2), np.zeros(2), 1.0)
