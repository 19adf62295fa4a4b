"""A map that follows the database: built of one snapshot, brought up to the last change before it answers.

Every process holds its own; what they answer depends on the database's requests alone, so they agree. The
public one is built of public keys: points on their street, in steps of 50 m. An exact place never enters it.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final, NamedTuple, Protocol
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import structlog
from numpy.typing import NDArray

from fieldops.domain.map_groups import PUBLIC_GROUPS, REPAIRED_SHOWN_DAYS, MapGroup, groups_told, told_as
from geo.tiles.pyramid import Audience, Change, OutOfStep, Point, Pyramid, Settings, warm_up
from geo.tiles.scheme import MOST_SERVICES, OTHER, Scheme, day_number

I8 = NDArray[np.int64]

NEVER_S: Final = -(1 << 62)
"""Seconds that stand for no time at all."""
LAST_S: Final = 5_680_281_600
"""2150-01-01: tiles know no later day."""

FOLLOWED_AT_ONCE: Final = 20_000
"""Later by more changes than this, a map is built anew: that is quicker."""
BUILT_AT_ONCE: Final = 50_000
"""A map of more requests is built anew behind the readers' backs, and answers as it is until then."""
LEAST_COMPACTED, MOST_COMPACTED = 200, 5_000

log = structlog.get_logger("maps")


class Fact(NamedTuple):
    """What a map may tell of one request.

    `key` and `public_key` are where it lies (None: not on that map), `group` a number of `MapGroup`; times
    are seconds since 1970, `NEVER_S` for none.
    """

    number: int
    key: int | None
    public_key: int | None
    service_id: int
    group: int
    severity: int
    reported_s: int
    ended_s: int


class Step(NamedTuple):
    """One change of the sequence: what a request was and is, None where it was not, or is not, there."""

    seq: int
    was: Fact | None
    now: Fact | None


@dataclass(frozen=True)
class Snapshot:
    """Requests as they were after change `version`; the fields of `Fact` as int64 columns of shape (n,)."""

    version: int
    numbers: I8
    keys: I8
    service_ids: I8
    groups: I8
    severities: I8
    reported_s: I8
    ended_s: I8


class Source(Protocol):
    """Where requests and their changes are read; safe to ask from any thread."""

    def services(self) -> list[tuple[int, str]]:
        """Return id and code of every service; new ones come last."""

    def steps_from(self, version: int, most: int) -> list[Step]:
        """Return at most so many changes from a number on, with that one: where it is missing, it was
        forgotten, or the database is another one.
        """

    def snapshot(self, *, is_public: bool) -> Snapshot:
        """Return all requests of a map."""


@dataclass
class _Held:
    """A pyramid, what its numbers stand for, and the day of its ages."""

    pyramid: Pyramid
    service_at: dict[int, int]
    today: date


@dataclass
class LiveMap:
    """One audience's map in one process; threads share it.

    Parameters
    ----------
    audience
        Who reads it.
    source
        Where requests are read.
    zone
        The city's time zone: days and ages are counted in it.
    now
        The clock, aware.
    every_s
        How seldom the database is asked for changes; 0: before every answer.
    least
        Bubbles of fewer requests tell only that they are below (`geo.tiles.pyramid.Settings`).
    checked
        Told each night whether the map held just what the database does.
    """

    audience: Audience | str
    source: Source
    zone: ZoneInfo
    now: Callable[[], datetime]
    every_s: float = 0.2
    least: int = 0
    checked: Callable[[bool], None] = lambda _is_same: None
    _held: _Held | None = None
    _asked_s: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _behind: threading.Thread | None = None

    def __post_init__(self) -> None:
        self.audience = Audience(self.audience)

    def pyramid(self, *, at_once: bool = False) -> Pyramid:
        """Return the map as of now, or of `every_s` ago where that will do. The first call builds it."""
        held = self._held
        if held is None:
            with self._lock:
                held = self._held = self._held or self._built()
                self._asked_s = time.monotonic()
        # One thread asks the database; others go on with what there is, unless nothing may be missed.
        elif (at_once or time.monotonic() - self._asked_s >= self.every_s) and self._lock.acquire(
            blocking=at_once or self.every_s == 0
        ):
            try:
                self._follow(self._held or held)
                self._asked_s = time.monotonic()
            finally:
                self._lock.release()
        return (self._held or held).pyramid

    @property
    def is_public(self) -> bool:
        """Whether everybody may read it."""
        return self.audience is Audience.PUBLIC

    def settle(self) -> None:
        """Wait until nothing is built or filed behind the readers' backs."""
        if self._behind is not None:
            self._behind.join()

    # ------------------------------------------------------------ building

    def _built(self, day: date | None = None) -> _Held:
        services = self.source.services()
        today = day or self._today()
        taken = self.source.snapshot(is_public=self.is_public)
        named = [(number, code) for number, code in services if code != OTHER][:MOST_SERVICES]
        scheme = Scheme(
            tuple(code for _number, code in named) or ("none",),
            tuple(group.value for group in groups_told(is_public=self.is_public)),
        )
        statuses = np.array([scheme.statuses.index(self._told_as(group)) for group in MapGroup])
        service_at = dict.fromkeys((number for number, _code in services), MOST_SERVICES)  # "other"
        service_at |= {number: place for place, (number, _code) in enumerate(named)}
        keys = taken.keys
        if self.is_public:
            is_shown = self._public_rows(taken, today)
            keys = np.where(is_shown, keys, -1)
        pyramid = Pyramid.build(
            Settings(scheme, Audience(self.audience), self.least),
            keys,
            scheme.states(
                _places(taken.service_ids, service_at),
                statuses[taken.groups],
                np.zeros_like(taken.severities) if self.is_public else taken.severities,
                _days(taken.reported_s, self.zone),
            ),
            None if self.is_public else taken.numbers,
            version=taken.version,
            today=today,
        )
        return _Held(pyramid, service_at, today)

    def _public_rows(self, taken: Snapshot, today: date) -> NDArray[np.bool_]:
        told = [group for group, name in enumerate(MapGroup) if name in PUBLIC_GROUPS]
        is_repaired = taken.groups == tuple(MapGroup).index(MapGroup.REPAIRED)
        since = day_number(today) - REPAIRED_SHOWN_DAYS
        is_recent = (taken.ended_s != NEVER_S) & (_days(taken.ended_s, self.zone) >= since)
        return np.asarray(np.isin(taken.groups, told) & (~is_repaired | is_recent), dtype=np.bool_)

    # ------------------------------------------------------------ following

    def _follow(self, held: _Held) -> None:
        if held.today != self._today():
            self._begin_day(held)
            if self.is_public:
                return
            held = self._held or held
        pyramid = held.pyramid
        steps = self.source.steps_from(pyramid.version, FOLLOWED_AT_ONCE + 2)
        if pyramid.version and not (steps and steps[0].seq == pyramid.version):
            log.info(
                "the map is built anew", reason="its last change is not there", audience=str(self.audience)
            )
            self._renew(held)
            return
        if len(steps) > FOLLOWED_AT_ONCE:
            self._renew(held)
            return
        if not steps or steps[-1].seq == pyramid.version:
            return
        try:
            pyramid.apply(self._change(step, held) for step in steps)
        except OutOfStep as error:
            log.info("the map is built anew", reason=str(error), audience=str(self.audience))
            self._renew(held)
            return
        if pyramid.pending > max(LEAST_COMPACTED, min(MOST_COMPACTED, len(pyramid) // 100)):
            self._do_behind(pyramid.compact)

    def _change(self, step: Step, held: _Held) -> Change:
        was, now = self._point(step.was, held), self._point(step.now, held)
        return Change(step.seq, None, None) if was == now else Change(step.seq, was, now)

    def _point(self, fact: Fact | None, held: _Held) -> Point | None:
        if fact is None:
            return None
        key = fact.public_key if self.is_public else fact.key
        if key is None or (self.is_public and not self._is_public_fact(fact, held.today)):
            return None
        if fact.service_id not in held.service_at:
            raise OutOfStep("There is a service that was not there when the map was built.")
        scheme = held.pyramid.settings.scheme
        place = held.service_at[fact.service_id]
        state = scheme.state(
            scheme.services[place] if place < len(scheme.services) else "",
            self._told_as(tuple(MapGroup)[fact.group]),
            0 if self.is_public else fact.severity,
            _day(fact.reported_s, self.zone),
        )
        return Point(key, state, 0 if self.is_public else fact.number)

    def _told_as(self, group: MapGroup) -> str:
        return told_as(group, is_public=self.is_public).value

    def _is_public_fact(self, fact: Fact, today: date) -> bool:
        group = tuple(MapGroup)[fact.group]
        if group is not MapGroup.REPAIRED:
            return group in PUBLIC_GROUPS
        since = day_number(today) - REPAIRED_SHOWN_DAYS
        return fact.ended_s != NEVER_S and day_number(_day(fact.ended_s, self.zone)) >= since

    # ------------------------------------------------------------ at midnight

    def _today(self) -> date:
        return self.now().astimezone(self.zone).date()

    def _begin_day(self, held: _Held) -> None:
        """Compare the map with the database, once a night, and go on with a map of the new day."""
        day = held.today  # what the public was told yesterday is compared with yesterday's
        if not self.is_public:
            day = held.today = self._today()
            held.pyramid.advance(day)
        if len(held.pyramid) <= BUILT_AT_ONCE:
            self._check(held, self._built(day))
        else:
            self._do_behind(lambda: self._check_behind(held, day))

    def _check_behind(self, held: _Held, day: date) -> None:
        fresh = self._built(day)
        with self._lock:
            self._check(held, fresh)

    def _check(self, held: _Held, fresh: _Held) -> None:
        is_right = self._is_right(held, fresh)
        if self.is_public:  # repairs of two weeks ago leave it
            self._held = self._built()
        elif not is_right:
            self._held = fresh

    def _is_right(self, held: _Held, fresh: _Held) -> bool:
        """Say whether a map holds what one does that was just built, brought to the same change."""
        first = min(held.pyramid.version, fresh.pyramid.version)
        steps = self.source.steps_from(first, FOLLOWED_AT_ONCE + 2)
        if len(steps) > FOLLOWED_AT_ONCE or (first and not (steps and steps[0].seq == first)):
            log.info("the map was not checked", reason="too far behind", audience=str(self.audience))
            return False
        try:
            for one in (held, fresh):
                one.pyramid.apply(self._change(step, one) for step in steps)
            is_right = held.pyramid.digest == fresh.pyramid.digest
        except OutOfStep:
            is_right = False
        log.log(
            logging.INFO if is_right else logging.WARNING,
            "the map was checked" if is_right else "the map differed from the database: it is built anew",
            audience=str(self.audience),
            requests=len(fresh.pyramid),
        )
        self.checked(is_right)
        return is_right

    def _renew(self, held: _Held) -> None:
        if len(held.pyramid) <= BUILT_AT_ONCE:
            self._held = self._built()
        else:
            self._do_behind(self._exchange)

    def _exchange(self) -> None:
        self._held = self._built()

    def _do_behind(self, work: Callable[[], None]) -> None:
        if self._behind is None or not self._behind.is_alive():
            self._behind = threading.Thread(target=work, name="map", daemon=True)
            self._behind.start()


def load_engine() -> None:
    """Load all that builds, reads and changes maps, in a process that is to serve them: a tenth of a second,
    where it was compiled before. Without, the readers at the first change would wait for it.
    """
    warm_up(Scheme(("a",)))


def _places(service_ids: I8, service_at: dict[int, int]) -> I8:
    """Places in the scheme of services, by id; beyond it where a service is younger than the list."""
    table = np.full(max(service_at, default=0) + 2, MOST_SERVICES, dtype=np.int64)
    for number, place in service_at.items():
        table[number] = place
    return np.asarray(table[np.minimum(service_ids, len(table) - 1)], dtype=np.int64)


def _days(seconds: I8, zone: ZoneInfo) -> I8:
    """Days since 1970 of the city's calendar, shape (n,): `_day` for many."""
    moments = pd.to_datetime(np.clip(seconds, 0, LAST_S), unit="s", utc=True).tz_convert(zone)
    offsets = moments.tz_localize(None).to_numpy().astype("datetime64[D]").astype(np.int64)
    return np.asarray(offsets, dtype=np.int64)


def _day(seconds: int, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(min(max(seconds, 0), LAST_S), UTC).astimezone(zone).date()
