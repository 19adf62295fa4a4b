"""What a process keeps of words between texts: the open model, the city's names, the terms of danger."""

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from fieldops.triage.classifier import Model
from fieldops.triage.hazards import HazardTerms
from fieldops.triage.place_words import PlaceFinder

Kept = TypeVar("Kept")


class LastMade(Generic[Kept]):
    """The last thing made, with its key: made anew when another key is asked for, by one thread at a time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: tuple[Hashable, Kept] | None = None

    def get(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what was made for this key, or make it."""
        held = self._held
        if held is not None and held[0] == key:
            return held[1]
        with self._lock:
            if self._held is None or self._held[0] != key:
                self._held = key, make()
            return self._held[1]


class TriageMemory:
    """One installation's open model, finder of places and terms of danger in one process."""

    def __init__(self) -> None:
        self.model: LastMade[Model] = LastMade()
        self.finder: LastMade[PlaceFinder] = LastMade()
        self.hazards: LastMade[HazardTerms] = LastMade()
