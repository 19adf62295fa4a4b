"""The numbers of the search that were chosen by trying; none is a rule of the problem."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the search ruins and recreates; chances are fractions of 1.

    Attributes
    ----------
    most_strings, longest_string
        Routes ruined at most in one round, and stops taken off each; off a long route `long_share` of it.
    split_chance
        Of keeping one stop inside a string.
    whole_route_chance
        Of taking whole routes off.
    able_chance
        Of ruining only routes of vehicles that may serve the seed.
    nearby, far_away, far_away_chance
        Unserved jobs tried beside those taken off: the nearest, and now and then some from anywhere.
    by_worth, by_rate, by_choice
        Shares of rounds in which jobs are put back the dearest first, by worth per second, or those with the
        shortest windows first; in the rest at random.
    blink_chance
        Of overlooking a place.
    opening_chance, opening_nearby
        Of sending out an unused vehicle whatever it costs, and the unserved jobs tried then.
    zone_size, zone_rounds
        Vehicles whose routes are worked on at a time, and for how many rounds.
    stale_factor
        A route that changed in an earlier round is looked at again only when the job's place there cost less
        than so many times its best place elsewhere.
    """

    most_strings: int = 3
    longest_string: int = 10
    long_share: float = 0.25
    split_chance: float = 0.3
    whole_route_chance: float = 0.02
    able_chance: float = 0.8
    nearby: int = 10
    far_away: int = 5
    far_away_chance: float = 0.3
    by_worth: float = 0.25
    by_rate: float = 0.25
    by_choice: float = 0.25
    blink_chance: float = 0.01
    opening_chance: float = 0.08
    opening_nearby: int = 60
    zone_size: int = 12
    zone_rounds: int = 300
    stale_factor: float = 1.5


TUNING = Tuning()
