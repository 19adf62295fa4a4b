import threading

import pytest

from geo.tiles.hands import Hands


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_work_that_is_handed_over_comes_back(threads):
    with Hands(threads) as hands:
        results = [hands.begin(lambda a, b: a * b, number, b=10) for number in range(5)]
        assert [result() for result in results] == [0, 10, 20, 30, 40]


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_is_told(threads):
    def fail():
        raise ZeroDivisionError

    with Hands(threads) as hands, pytest.raises(ZeroDivisionError):
        hands.begin(fail)()


def test_alone_the_caller_does_it_and_otherwise_somebody_else():
    with Hands(1) as one, Hands(2) as two:
        assert one.begin(threading.get_ident)() == threading.get_ident()
        assert two.begin(threading.get_ident)() != threading.get_ident()
