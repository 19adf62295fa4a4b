"""A map's complaints, counted for every zoom: built once, changed in microseconds, read as vector tiles.

What a pyramid answers depends on the complaints in it alone, not on the order in which they came or on how
they came to be what they are: after any changes its tiles are, byte for byte, those of a pyramid built anew.
So several processes that apply the same changes in the same order answer alike, and so does one that has just
started.

    settings = Settings(Scheme(services), Audience.PUBLIC)
    pyramid = Pyramid.build(settings, keys, states, version=last_seq, today=today)
    pyramid.apply(Change(row.seq, old, new) for row in rows_after(pyramid.version))
    body = pyramid.tile(z, x, y, Filter(statuses=frozenset({"open"})))
"""

from __future__ import annotations

import hashlib
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from geo.errors import GeoError
from geo.tiles.bubbles import FAR, NEARBY, STAFF, Telling, packed_telling
from geo.tiles.cells import STATE, Points
from geo.tiles.changes import LAST_ZOOM
from geo.tiles.compiled import long, outer
from geo.tiles.layers import NO_IDS, Layer, Vocabulary, file_points, part_of
from geo.tiles.positions import BITS, NO_KEY, lon_lat, map_key
from geo.tiles.scheme import DAY_SHIFT, STATUS_BITS, STATUS_SHIFT, Filter, Scheme, day_number, kept
from geo.tiles.vector_tile import EXTENT
from geo.tiles.written import Wording

I8 = NDArray[np.int64]
I4 = NDArray[np.int32]

FORMAT: Final = 2
"""Raised whenever the same complaints come to give other bytes: it is part of every ETag."""
NEAR_ZOOM: Final = 15
"""From this zoom on the public sees single complaints' service, status and day."""
MOST_VIEWS: Final = 16
"""Filters whose counts are held ready; the one not asked for longest goes first."""
MOST_TILES: Final = 64
"""Tiles that one list may draw on."""
ALL_BITS: Final = (1 << 64) - 1
EVERYTHING: Final = Filter()


class Audience(StrEnum):
    """Who is told what.

    PUBLIC: counts by status; from zoom 15 a single complaint's service, status group and day; no id, ever.
    Build it of public keys alone (`geo.tiles.positions.public_keys`). STAFF: also the most frequent service,
    the worst severity and, of single complaints, the id.
    """

    PUBLIC = "public"
    STAFF = "staff"


class OutOfStep(GeoError):
    """A change does not follow on what the pyramid holds: build it anew."""


class Point(NamedTuple):
    """One complaint on the map.

    Attributes
    ----------
    key
        As `map_key` gives it; `NO_KEY` for one that is not on the map.
    state
        As `Scheme.state` packs it.
    number
        An id for staff; 0 for the public.
    """

    key: int
    state: int
    number: int = 0


class Change(NamedTuple):
    """One step of the sequence that all processes follow.

    Attributes
    ----------
    seq
        Its number; the next is one higher, without gaps.
    old, new
        What it was and what it is now; None for not there: an arrival has no old, one that is hidden no new.
    """

    seq: int
    old: Point | None
    new: Point | None


class Bubble(NamedTuple):
    """One line of the list beside the map.

    Attributes
    ----------
    lon, lat
        Its middle, degrees.
    number
        The id of a single complaint, for staff; else 0.
    told
        The same tags as in the tile.
    """

    lon: float
    lat: float
    number: int
    told: dict[str, int | str]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a pyramid is for.

    Attributes
    ----------
    scheme
        What is counted.
    audience
        Who reads it.
    least
        Where a city asks for it: bubbles of fewer complaints tell only that they are below, and no tile goes
        beyond zoom 14. 0: off.
    is_decided
        Whether bubbles are worked out at the build. Without, the pyramid is there in a third of the time and
        every tile is the same, but takes longer, until `compact` has made up for it.
    """

    scheme: Scheme
    audience: Audience
    least: int = 0
    is_decided: bool = True


class Pyramid:
    """Complaints of one map; safe to share between threads. Make it with `build`."""

    def __init__(
        self, settings: Settings, keys: I8, states: I4, ids: I8, version: int, today: date, threads: int
    ) -> None:
        self.settings = settings
        self.left_out = int(np.count_nonzero(keys == NO_KEY))
        """Complaints given to the build that are not on the map."""
        # The public is told of statuses alone, so nothing else is counted for it.
        self._vocabulary = Vocabulary(settings.scheme, is_all=settings.audience is Audience.STAFF)
        self._tellings = {
            (is_near, with_counts): packed_telling(_telling_of(settings, is_near, with_counts))
            for is_near in (False, True)
            for with_counts in (False, True)
        }
        self._last_zoom = NEAR_ZOOM - 1 if settings.least > 1 else LAST_ZOOM
        self._version = version
        self._today = day_number(today)
        self._lock = threading.Lock()
        self._build_lock = threading.Lock()
        if self.left_out:
            is_on = keys != NO_KEY
            keys, states, ids = keys[is_on], states[is_on], ids[is_on] if len(ids) else ids
        self._digest = _digest(keys, states, ids) & ALL_BITS
        self._settle(self._filed(keys, states, ids, is_decided=settings.is_decided, threads=threads))

    def _filed(self, keys: I8, states: I4, ids: I8, *, is_decided: bool, threads: int = 1) -> Points:
        """File points; large tiles are written beforehand where there is one way to tell what is in them."""
        wording = None
        if self.settings.audience is Audience.PUBLIC:
            tellings = [self._telling(zoom, with_counts=False) for zoom in range(self._last_zoom + 1)]
            wording = Wording(np.array(tellings), self._vocabulary.handle, self._vocabulary.room)
        columns = self._vocabulary.columns
        return file_points(
            keys, states, ids, columns, is_decided=is_decided, wording=wording, threads=threads
        )

    def _settle(self, points: Points) -> None:
        self._layer = Layer(points, self._vocabulary)
        self._log: list[tuple[Point, int]] = []
        self._in_digest = 0
        self._net: Counter[Point] = Counter()
        self._views: OrderedDict[Filter, Layer] = OrderedDict()

    @classmethod
    def build(
        cls,
        settings: Settings,
        keys: ArrayLike,
        states: ArrayLike,
        ids: ArrayLike | None = None,
        *,
        version: int = 0,
        today: date,
        threads: int = 1,
    ) -> Self:
        """Build a pyramid.

        Parameters
        ----------
        settings
            What is counted, and for whom.
        keys
            As `map_keys` gives them, int64, shape (n,); may be empty. Those that are `NO_KEY` are left out.
        states
            As `Scheme.states` packs them, int32, shape (n,).
        ids
            Above 0, int64, shape (n,); for staff alone.
        version
            Number of the last change that is in them.
        today
            The day from which ages are counted, in the city's time zone; see `advance`.
        threads
            How many may work at it. With one, as in a process that serves readers, the others of a machine
            are left to them; the tiles are the same.

        Raises
        ------
        GeoError
            Columns of unequal length; a key or state that is none (the message names its row, from 0); ids
            for the public.
        """
        key_column = np.ascontiguousarray(keys, dtype=np.int64)
        state_column = np.ascontiguousarray(states, dtype=np.int32)
        id_column = NO_IDS if ids is None else np.ascontiguousarray(ids, dtype=np.int64)
        if ids is not None and settings.audience is not Audience.STAFF:
            raise GeoError("A public pyramid takes no ids.")
        if key_column.shape != state_column.shape or (
            ids is not None and id_column.shape != key_column.shape
        ):
            raise GeoError("keys, states and ids must be columns of equal length.")
        _check_rows(settings.scheme, key_column, state_column)
        return cls(settings, key_column, state_column, id_column, version, today, threads)

    # ------------------------------------------------------------ what it is

    def __len__(self) -> int:
        """Complaints on the map."""
        with self._lock:
            return len(self._layer.points.keys) + self._net.total()

    @property
    def version(self) -> int:
        """Number of the last change in it."""
        return self._version

    @property
    def digest(self) -> int:
        """A number that is the same for the same complaints in any order: to compare with a fresh build."""
        with self._lock:
            return self._digested()

    def _digested(self) -> int:
        """The digest with all changes in it."""
        for point, sign in self._log[self._in_digest :]:
            self._digest = (self._digest + sign * _mixed(*point)) & ALL_BITS
        self._in_digest = len(self._log)
        return self._digest

    @property
    def pending(self) -> int:
        """Changes since the build; `compact` at 1 % of the complaints, or 5,000."""
        return len(self._log)

    @property
    def nbytes(self) -> int:
        """Bytes held, views included."""
        with self._lock:
            return self._layer.nbytes + sum(view.nbytes for view in self._views.values())

    def etag(self, selection: Filter = EVERYTHING, *, variant: str = "") -> str:
        """Return the weak ETag of every tile under a filter; make no tile before it was compared.

        It is made of the complaints themselves, not of the number of changes: that would tell the public of
        changes it may not see. `variant` tells apart what else an address can ask for.
        """
        chosen = selection.checked(self.settings.scheme)
        words = f"{self.settings.audience}|{self.settings.least}|{chosen.label()}|{variant}"
        if chosen.ages is not None:
            words += f"|{self._today}"
        short = hashlib.blake2s(f"{words}|{self.digest}".encode(), digest_size=12).hexdigest()
        return f'W/"{FORMAT}-{short}"'

    def is_ready(self, selection: Filter) -> bool:
        """Say whether a filter's counts are held; the first tile of one that is not takes a thousand times as
        long: limit how many new ones a reader may ask for.

        Raises
        ------
        GeoError
            A filter that names what the scheme does not know.
        """
        chosen = selection.checked(self.settings.scheme)
        return chosen.is_all or chosen in self._views

    # ------------------------------------------------------------ reading

    def tile(
        self,
        zoom: int,
        x: int,
        y: int,
        selection: Filter = EVERYTHING,
        *,
        is_merged: bool = True,
        with_counts: bool = False,
    ) -> bytes:
        """Write a Mapbox vector tile with one layer, `requests`.

        Parameters
        ----------
        zoom, x, y
            0 to 20, as every web map numbers tiles. Anything else is an empty tile.
        selection
            Which complaints are counted.
        is_merged
            Whether bubbles are kept apart; without, there are up to 64 of them on a lattice.
        with_counts
            For staff: also how many there are of each service and severity.

        Returns
        -------
        The bytes; none where there is nothing to draw (answer 204). A bubble is in every tile that it reaches
        into, at most 20/512 of a side beyond; only those inside [0, 4096) count towards a total.

        Raises
        ------
        GeoError
            A filter that names what the scheme does not know.
        """
        is_all = selection is EVERYTHING or selection.is_all
        chosen = selection if is_all else selection.checked(self.settings.scheme)
        if not self._is_on(zoom, x, y):
            return b""
        telling = self._tellings[zoom >= NEAR_ZOOM, with_counts]
        if is_all:
            with self._lock:
                return self._layer.tile(zoom, x, y, is_merged, telling)
        view = self._view(chosen)
        with self._lock:
            self._catch_up(chosen, view)
            return view.tile(zoom, x, y, is_merged, telling)

    def bubbles(
        self,
        zoom: int,
        bounds: tuple[float, float, float, float],
        selection: Filter = EVERYTHING,
        *,
        with_counts: bool = False,
    ) -> list[Bubble]:
        """List what the map draws at a zoom within west, south, east and north (degrees), the largest first.

        Raises
        ------
        GeoError
            Bounds that are none, or that take more than 64 tiles; a filter that names what the scheme does
            not know.
        """
        chosen = selection.checked(self.settings.scheme)
        left, top, right, bottom = _tiles_within(zoom, bounds)
        if (right - left + 1) * (bottom - top + 1) > MOST_TILES:
            raise GeoError(
                f"A list draws on at most {MOST_TILES} tiles; ask for a smaller part or a lower zoom."
            )
        view = self._view(chosen)
        found: list[Bubble] = []
        with self._lock:
            self._catch_up(chosen, view)
            for y in range(top, bottom + 1):
                for x in range(left, right + 1):
                    if self._is_on(zoom, x, y):
                        found += self._in_tile(view, zoom, x, y, with_counts)
        west, south, east, north = bounds
        inside = [it for it in found if west <= it.lon <= east and south <= it.lat <= north]
        return sorted(inside, key=lambda it: (-int(it.told.get("count", 0)), it.lon, it.lat))

    def _in_tile(self, view: Layer, zoom: int, x: int, y: int, with_counts: bool) -> list[Bubble]:
        middles, features, tags = view.features(zoom, x, y, self._telling(zoom, with_counts))
        begins = np.concatenate([[0], features[:, 3]])
        degrees = lon_lat(middles[:, 0], middles[:, 1])
        return [
            Bubble(
                float(degrees[row, 0]),
                float(degrees[row, 1]),
                int(features[row, 2]),
                self._vocabulary.told(tags[begins[row] : begins[row + 1]]),
            )
            for row in range(len(features))
            if 0 <= features[row, 0] < EXTENT and 0 <= features[row, 1] < EXTENT
        ]

    def _is_on(self, zoom: int, x: int, y: int) -> bool:
        return 0 <= zoom <= self._last_zoom and 0 <= x < 1 << zoom and 0 <= y < 1 << zoom

    def _telling(self, zoom: int, with_counts: bool) -> int:
        return self._tellings[zoom >= NEAR_ZOOM, with_counts]

    # ------------------------------------------------------------ filters

    def _view(self, chosen: Filter) -> Layer:
        """The layer of a checked filter, made if need be, outside of the lock; `_catch_up` then brings it up
        to date.
        """
        if chosen.is_all:
            return self._layer
        with self._lock:
            if chosen in self._views:
                self._views.move_to_end(chosen)
                return self._views[chosen]
            layer, today = self._layer, self._today
        points = layer.points
        keep = kept(points.points[:, STATE], chosen, self.settings.scheme, today)
        made = Layer(part_of(points, keep), self._vocabulary)
        with self._lock:
            if self._layer is layer and self._today == today:
                self._views[chosen] = made
                if len(self._views) > MOST_VIEWS:
                    self._views.popitem(last=False)
                return made
        return self._view(chosen)  # everything was filed anew meanwhile, or a day began

    def _catch_up(self, chosen: Filter, view: Layer) -> None:
        """Bring a view up to the last change."""
        if view.seen == len(self._log) or chosen.is_all:
            return
        later = self._log[view.seen :]
        states = np.array([point.state for point, _ in later], dtype=np.int32)
        keep = kept(states, chosen, self.settings.scheme, self._today)
        for (point, sign), is_kept in zip(later, keep.tolist(), strict=True):
            if is_kept:
                view.record(*point, sign)
        view.seen = len(self._log)

    def advance(self, today: date) -> None:
        """Begin a day: ages are counted from it. Call it at local midnight, in every process."""
        with self._lock:
            self._today = day_number(today)
            for chosen in [chosen for chosen in self._views if chosen.ages is not None]:
                del self._views[chosen]

    # ------------------------------------------------------------ changing

    def add(self, point: Point) -> None:
        """Take a complaint in; the version goes up by one.

        Raises
        ------
        GeoError
            A key or state that is none, or an id for the public.
        """
        self._step(None, point)

    def remove(self, point: Point) -> None:
        """Take a complaint off the map; the version goes up by one.

        Raises
        ------
        OutOfStep
            There is no such complaint.
        """
        self._step(point, None)

    def change(self, old: Point, new: Point) -> None:
        """Replace a complaint by what it is now; the version goes up by one.

        Raises
        ------
        OutOfStep
            There is no such old one.
        GeoError
            A new key or state that is none.
        """
        self._step(old, new)

    def close(self, point: Point, status: str = "ended") -> Point:
        """Give a complaint another status; returns it as it is now. Raises as `change` does."""
        closed = Point(point.key, self.settings.scheme.with_status(point.state, status), point.number)
        self._take(point, closed)
        return closed

    def apply(self, changes: Iterable[Change]) -> int:
        """Follow the sequence; steps that are in already are passed over. Returns how many were taken.

        The sequence is the database's: one number a change, taken from a row that is locked until the change
        is committed, so that numbers become visible in their order. A process reads the changes after its
        `version` and applies them; whoever applies the same numbers answers with the same bytes.

        Raises
        ------
        OutOfStep
            A number is missing, or a step does not fit what is there: the database, read anew, is right.
            Steps before it are taken.
        GeoError
            A key or state that is none.
        """
        taken = 0
        for change in changes:
            if change.seq <= self._version:
                continue
            if change.seq != self._version + 1:
                raise OutOfStep(f"Change {change.seq} came after {self._version}.")
            self._step(change.old, change.new)
            taken += 1
        return taken

    def _step(self, old: Point | None, new: Point | None) -> None:
        if new is not None:
            self._check(new)
        self._take(old, new)

    def _take(self, old: Point | None, new: Point | None) -> None:
        with self._lock:
            if old is not None and old.key != NO_KEY:
                if not self._holds(old):
                    raise OutOfStep(f"There is no complaint {old} to change.")
                self._note(old, -1)
            if new is not None and new.key != NO_KEY:
                self._note(new, 1)
            if old is not None and new is not None and old.key == new.key != NO_KEY:
                self._layer.replace(old.key, old[1:], new[1:])
            else:
                for point, sign in ((old, -1), (new, 1)):
                    if point is not None and point.key != NO_KEY:
                        self._layer.record(*point, sign)
            self._version += 1

    def _check(self, point: Point) -> None:
        if not NO_KEY <= point.key < 1 << (2 * BITS):
            raise GeoError(f"{point.key} is no key.")
        self.settings.scheme.check(point.state)
        if point.number and self.settings.audience is not Audience.STAFF:
            raise GeoError("A public pyramid takes no ids.")

    def _holds(self, point: Point) -> bool:
        net = self._net[point]
        points = self._layer.points
        return net > 0 or bool(_count(points.keys, points.points, points.ids, *point, 1 - net))

    def _note(self, point: Point, sign: int) -> None:
        self._log.append((point, sign))
        self._net[point] += sign

    def compact(self) -> None:
        """File everything anew, the changes with it; tiles stay the same, byte for byte.

        Bubbles are worked out, too. Made for a background thread: others read and change meanwhile. Filters
        are worked out again when asked for.
        """
        with self._build_lock:
            with self._lock:
                layer, seen, net = self._layer, len(self._log), self._net.copy()
            keys, states, ids = _current(layer, net)
            points = self._filed(keys, states, ids, is_decided=True)
            with self._lock:
                self._digested()
                later = self._log[seen:]
                self._settle(points)
                self._in_digest = len(later)
                for point, sign in later:
                    self._layer.record(*point, sign)
                    self._log.append((point, sign))
                    self._net[point] += sign


def _telling_of(settings: Settings, is_near: bool, with_counts: bool) -> Telling:
    level = NEARBY if is_near else FAR
    if settings.audience is Audience.STAFF:
        level = STAFF
    return Telling(level, settings.least, with_counts)


def warm_up(scheme: Scheme) -> None:
    """Compile what a pyramid runs on, so that no reader waits for it: at the start of a process, after a
    fork.
    """
    point = Point(map_key(110.82, -7.56), 0)
    for audience in Audience:
        today = date(2020, 1, 1)
        made = Pyramid.build(Settings(scheme, audience), [point.key], [point.state], today=today)
        made.change(point, point)
        for step in range(40):  # more than the table of changes has room for at first
            made.add(Point(step << 50, 0))
        made.tile(0, 0, 0)
        made.compact()
        made.bubbles(0, (-180.0, -85.0, 180.0, 85.0))
    staff = Settings(scheme, Audience.STAFF)
    Pyramid.build(staff, [point.key], [point.state], [1], today=today).tile(0, 0, 0)


@long
def _are_good(keys: I8, states: I4, services: int, statuses: int) -> bool:
    is_bad = False
    for row in range(len(keys)):
        key, state = keys[row], states[row]
        is_bad |= (key < NO_KEY) | (key >> (2 * BITS) > 0) | (state < 0) | (state >> (DAY_SHIFT + 16) != 0)
        is_bad |= (state & 31 > services) | ((state >> STATUS_SHIFT) & STATUS_BITS >= statuses)
    return not is_bad


def _check_rows(scheme: Scheme, keys: I8, states: I4) -> None:
    if _are_good(keys, states, len(scheme.services), len(scheme.statuses)):
        return
    is_bad = (keys < NO_KEY) | (keys >= 1 << (2 * BITS))
    if is_bad.any():
        row = int(np.argmax(is_bad))
        raise GeoError(f"Row {row}: {int(keys[row])} is no key.")
    service, status = states & 31, (states >> STATUS_SHIFT) & STATUS_BITS
    is_bad = (states < 0) | (states >> (DAY_SHIFT + 16) != 0)
    is_bad |= (service > len(scheme.services)) | (status >= len(scheme.statuses))
    if is_bad.any():
        row = int(np.argmax(is_bad))
        raise GeoError(f"Row {row}: {int(states[row])} is no state of this map.")


def _tiles_within(zoom: int, bounds: tuple[float, float, float, float]) -> tuple[int, int, int, int]:
    west, south, east, north = bounds
    if not (0 <= zoom <= LAST_ZOOM and -180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise GeoError(f"{bounds} at zoom {zoom} is no part of the map.")
    limit = 85.05
    corners = [
        map_key(min(lon, 179.9999999), min(max(lat, -limit), limit) or 1e-12)
        for lon, lat in ((west, north), (east, south))
    ]
    shift = BITS - zoom
    (left, top), (right, bottom) = ((_half(key), _half(key >> 1)) for key in corners)
    return left >> shift, top >> shift, right >> shift, bottom >> shift


def _half(key: int) -> int:
    return sum((key >> (2 * bit) & 1) << bit for bit in range(BITS))


def _current(layer: Layer, net: Counter[Point]) -> tuple[I8, I4, I8]:
    """The points of a layer with all changes in them."""
    points = layer.points
    keep = np.ones(len(points.keys), dtype=np.bool_)
    added: list[Point] = []
    for point, n in net.items():
        added += [point] * n
        if n < 0:
            begin = int(np.searchsorted(points.keys, point.key, side="left"))
            end = int(np.searchsorted(points.keys, point.key, side="right"))
            is_it = points.points[begin:end, STATE] == point.state
            if len(points.ids):
                is_it &= points.ids[begin:end] == point.number
            keep[begin + np.flatnonzero(is_it)[:-n]] = False
    more = np.array(added, dtype=np.int64).reshape(-1, 3)
    keys = np.concatenate([points.keys[keep], more[:, 0]])
    states = np.concatenate([points.points[keep, STATE], more[:, 1].astype(np.int32)])
    has_ids = len(points.ids) > 0 or bool(more[:, 2].any())
    if not has_ids:
        return keys, states, NO_IDS
    old_ids = points.ids[keep] if len(points.ids) else np.zeros(int(keep.sum()), dtype=np.int64)
    return keys, states, np.concatenate([old_ids, more[:, 2]])


@outer
def _mixed(key: int, state: int, number: int) -> int:
    mixed = key * -7046029254386353131 + state * -4417276706812531889 + number * 1609587929392839161
    mixed = (mixed ^ (mixed >> 31)) * -4658895280553007687
    return mixed ^ (mixed >> 27)


@long
def _digest(keys: I8, states: I4, ids: I8) -> int:
    total = 0
    for row in range(len(keys)):
        total += _mixed(keys[row], states[row], ids[row] if len(ids) else 0)
    return total


@outer
def _count(keys: I8, points: I4, ids: I8, key: int, state: int, number: int, enough: int) -> bool:
    """Whether at least `enough` filed points are just this one."""
    begin, end = 0, len(keys)
    while begin < end:
        half = (begin + end) >> 1
        if keys[half] < key:
            begin = half + 1
        else:
            end = half
    while begin < len(keys) and keys[begin] == key and enough > 0:
        if points[begin, STATE] == state and (ids[begin] if len(ids) else 0) == number:
            enough -= 1
        begin += 1
    return enough <= 0
