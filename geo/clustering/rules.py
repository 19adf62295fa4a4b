"""What counts as the same place, per family of services."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.errors import GeoError

DAY_S: Final = 86_400.0
LEAST_LINK_M: Final = 10.0
MOST_SUGGEST_M: Final = 1_000.0


@dataclass(frozen=True, slots=True)
class LinkRule:
    """How near two requests of one family must be to be one work site.

    Parameters
    ----------
    suggest_m
        Radius in which a person is shown what is already reported; 0 is off, 1,000 the most.
    auto_link_m
        Largest distance, in metres, at which two requests are joined without asking; a request may lie as
        far from its site's anchor, and up to twice as far where accuracies are poor. 0 is off.
    window_days
        Longest time between two reports of one site.
    while_open
        With closing times known, a request that is still open links however old it is.
    repaired_days
        How long after its closing a request is still shown as "repaired here before". It never links.
    same_event
        With rain events known, two requests link when they belong to one event, whatever `window_days`.
    least_link_m
        Smallest radius of a pair, since two good fixes of one hole are still metres apart.
    default_accuracy_m
        Accuracy, in metres, assumed for a request without one. None, the careful choice: such a request
        is never joined without asking, only suggested.

    Raises
    ------
    GeoError
        A negative or non-finite figure, a suggestion radius above 1,000 m.
    """

    suggest_m: float
    auto_link_m: float
    window_days: float
    while_open: bool = False
    repaired_days: float = 0.0
    same_event: bool = False
    least_link_m: float = LEAST_LINK_M
    default_accuracy_m: float | None = None

    def __post_init__(self) -> None:
        for name in ("suggest_m", "auto_link_m", "window_days", "repaired_days", "least_link_m"):
            value = getattr(self, name)
            if not 0.0 <= value < float("inf"):
                raise GeoError(f"{name} must be 0 or a positive number, not {value}.")
        if self.suggest_m > MOST_SUGGEST_M:
            raise GeoError(f"suggest_m must be at most {MOST_SUGGEST_M:.0f} m, not {self.suggest_m}.")
        if self.default_accuracy_m is not None and not 0.0 < self.default_accuracy_m < float("inf"):
            raise GeoError(
                f"default_accuracy_m must be a positive number or None, not {self.default_accuracy_m}."
            )

    @classmethod
    def fixed(cls, radius_m: float, window_days: float) -> "LinkRule":
        """Return the bare rule: one radius for every pair, whatever the accuracy, and one window."""
        return cls(
            suggest_m=min(radius_m, MOST_SUGGEST_M),
            auto_link_m=radius_m,
            window_days=window_days,
            least_link_m=radius_m,
            default_accuracy_m=1.0,
        )

    @property
    def window_s(self) -> float:
        """The window in seconds."""
        return self.window_days * DAY_S

    def pair_radius_m(
        self, accuracy_a_m: NDArray[np.float64], accuracy_b_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return each pair's radius: 2·√(a² + b²), at least `least_link_m`, at most `auto_link_m`.

        Parameters
        ----------
        accuracy_a_m, accuracy_b_m
            Accuracies (one standard deviation) of the two requests in metres; NaN is unknown. They
            broadcast.

        Returns
        -------
        Metres; −1 where an accuracy is unknown and the rule assumes none, so that no distance is within it.
        """
        a_m, b_m = self._accuracy(accuracy_a_m), self._accuracy(accuracy_b_m)
        both = 2.0 * np.sqrt(a_m * a_m + b_m * b_m)
        radius = np.minimum(np.maximum(both, self.least_link_m), self.auto_link_m)
        return np.where(np.isnan(both) | (self.auto_link_m == 0.0), -1.0, radius)

    def reach_m(
        self, accuracy_a_m: NDArray[np.float64], accuracy_b_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return how far a member may lie from its site's anchor: 2·√(a² + b²), from once to twice the cap.

        The anchor is one report and as far off as any other: a site whose first report was a poor fix must
        not fall apart. An unknown accuracy counts as none. Accuracies as in `pair_radius_m`.
        """
        a_m, b_m = (np.nan_to_num(self._accuracy(m), nan=0.0) for m in (accuracy_a_m, accuracy_b_m))
        both = 2.0 * np.sqrt(a_m * a_m + b_m * b_m)
        return np.minimum(np.maximum(both, self.auto_link_m), 2.0 * self.auto_link_m)

    def _accuracy(self, accuracy_m: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.default_accuracy_m is None:
            return accuracy_m
        return np.where(np.isnan(accuracy_m), self.default_accuracy_m, accuracy_m)


Rules = Mapping[Hashable, LinkRule]

RULES: Final[Rules] = MappingProxyType(
    {
        "pothole": LinkRule(
            suggest_m=30.0, auto_link_m=15.0, window_days=60.0, while_open=True, repaired_days=60.0
        ),
        "drain": LinkRule(suggest_m=75.0, auto_link_m=25.0, window_days=60.0, repaired_days=90.0),
        "standing_water": LinkRule(
            suggest_m=150.0, auto_link_m=25.0, window_days=3.0, same_event=True, repaired_days=90.0
        ),
        "other": LinkRule(suggest_m=30.0, auto_link_m=15.0, window_days=30.0, repaired_days=90.0),
    }
)
"""Starting values; docs/methods/clustering.md names the source of each. A city keeps its own, versioned."""


def rule_of(rules: Rules, family: Hashable) -> LinkRule:
    """Return the family's rule, or say which family has none."""
    try:
        return rules[family]
    except KeyError:
        known = ", ".join(sorted(str(name) for name in rules))
        raise GeoError(f"There is no clustering rule for the family {family!r}; known: {known}.") from None
