"""A map of places of work under any filter: built when somebody first asks for it, changed place by place.

What a filter lets through is known to whoever lists the places (`Places`); the map draws what the list says.
A pyramid holds the places of one filter. When places change, those that did are asked about again; the tiles
are then those of a fresh build, byte for byte, so that every process answers alike.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Generic, NamedTuple, Protocol, TypeVar
from zoneinfo import ZoneInfo

from geo.tiles.positions import map_key, map_keys
from geo.tiles.pyramid import Audience, Point, Pyramid, Settings
from geo.tiles.scheme import MOST_SERVICES, OTHER, Scheme

MOST_FILTERS: Final = 16
"""Filters whose places are held ready; the one not asked for longest goes first."""
LEAST_COMPACTED: Final = 200
"""Changes that a pyramid carries along before it is filed anew; above, one in a hundred of its places."""

Wanted = TypeVar("Wanted", bound=Hashable)
Asked_contra = TypeVar("Asked_contra", bound=Hashable, contravariant=True)


class Place(NamedTuple):
    """What a map tells of one place: where it lies in degrees, its kind, what it waits for, how bad it is
    and since when.
    """

    number: int
    lon: float
    lat: float
    service: str
    state: str
    severity: int
    since: datetime


@dataclass(frozen=True)
class Chosen:
    """The places that a filter lets through, and the moment after which it may be others of those that were
    asked about, though nothing changes.
    """

    places: Sequence[Place]
    until: datetime | None


class Places(Protocol[Asked_contra]):
    """Who knows the places; safe to ask from any thread."""

    def follow(self) -> int:
        """Take in what has changed; return a number that is higher after every change."""

    def changed_since(self, edition: int) -> Collection[int] | None:
        """Return the numbers of the places that changed after an edition; None where that may be all."""

    def chosen(self, wanted: Asked_contra, now: datetime, among: Collection[int] | None) -> Chosen:
        """Return the places that a filter lets through, of all or of some numbers."""

    def services(self) -> Sequence[str]:
        """Return the codes of the services, the oldest first."""

    @property
    def states(self) -> tuple[str, ...]:
        """What places wait for, as a map is to count it."""


@dataclass
class _Held:
    """A filter's pyramid, where each place in it is, and for how long that is so."""

    pyramid: Pyramid
    points: dict[int, Point]
    edition: int
    until: datetime | None


@dataclass
class PlaceMap(Generic[Wanted]):
    """The map of one process; threads share it.

    Parameters
    ----------
    source
        Where places are read.
    zone
        The city's time zone: days are counted in it.
    now
        The clock, aware.
    """

    source: Places[Wanted]
    zone: ZoneInfo
    now: Callable[[], datetime]
    _held: OrderedDict[Wanted, _Held] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_ready(self, wanted: Wanted) -> bool:
        """Say whether a filter's places are held: others cost as much as a thousand tiles."""
        return wanted in self._held

    def pyramid(self, wanted: Wanted) -> Pyramid:
        """Return the map of a filter as of now."""
        with self._lock:
            edition, now = self.source.follow(), self.now()
            held = self._held.get(wanted)
            changed = None if held is None or _is_over(held, now) else self.source.changed_since(held.edition)
            if held is None or changed is None:
                held = self._held[wanted] = self._built(wanted, now, edition)
            elif held.edition != edition:
                self._change(held, wanted, now, changed)
                held.edition = edition
            self._held.move_to_end(wanted)
            if len(self._held) > MOST_FILTERS:
                self._held.popitem(last=False)
            return held.pyramid

    def _built(self, wanted: Wanted, now: datetime, edition: int) -> _Held:
        chosen = self.source.chosen(wanted, now, None)
        codes = [code for code in self.source.services() if code != OTHER][:MOST_SERVICES]
        scheme = Scheme(tuple(codes) or ("none",), self.source.states)
        keys = map_keys([place.lon for place in chosen.places], [place.lat for place in chosen.places])
        points = {
            place.number: Point(int(key), self._state(place, scheme), place.number)
            for place, key in zip(chosen.places, keys, strict=True)
        }
        pyramid = Pyramid.build(
            Settings(scheme, Audience.STAFF),
            keys,
            [point.state for point in points.values()],
            list(points),
            today=now.astimezone(self.zone).date(),
        )
        return _Held(pyramid, points, edition, chosen.until)

    def _change(self, held: _Held, wanted: Wanted, now: datetime, changed: Collection[int]) -> None:
        chosen = self.source.chosen(wanted, now, changed)
        scheme = held.pyramid.settings.scheme
        fresh = {
            place.number: Point(map_key(place.lon, place.lat), self._state(place, scheme), place.number)
            for place in chosen.places
        }
        for number in changed:
            old, new = held.points.pop(number, None), fresh.get(number)
            if new is not None:
                held.points[number] = new
            _step(held.pyramid, old, new)
        # The rest of the places is judged as it was: the earlier moment holds for all.
        held.until = min((one for one in (held.until, chosen.until) if one is not None), default=None)
        if held.pyramid.pending > max(LEAST_COMPACTED, len(held.points) // 100):
            held.pyramid.compact()

    def _state(self, place: Place, scheme: Scheme) -> int:
        since = place.since.astimezone(self.zone).date()
        return scheme.state(place.service, place.state, place.severity, since)


def _is_over(held: _Held, now: datetime) -> bool:
    return held.until is not None and now > held.until


def _step(pyramid: Pyramid, old: Point | None, new: Point | None) -> None:
    if old == new:
        return
    if old is None and new is not None:
        pyramid.add(new)
    elif new is None and old is not None:
        pyramid.remove(old)
    elif old is not None and new is not None:
        pyramid.change(old, new)
