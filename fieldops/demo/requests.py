"""Ninety days of complaints as people made them, their histories and, for tests, the truth behind them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
import shapely

from fieldops.demo.fates import Fate, Outcome
from fieldops.demo.lifecycle import DemoStep, Report, history
from fieldops.demo.locating import CHANNELS, Location, Locator
from fieldops.demo.sheet import Points, to_degrees
from fieldops.demo.sketch import Sketch, Street
from fieldops.demo.words import Site, compose, pick_landmark, pick_language
from fieldops.domain.places import Channel, LocationSource, LocationState
from fieldops.domain.request_states import OPEN, RequestStatus

KNOWN_PLACE_M: Final = 220.0
PHOTO_SHARE: Final = {
    Channel.WEB: 0.75,
    Channel.WHATSAPP: 0.62,
    Channel.EMAIL: 0.4,
    Channel.PHONE: 0.0,
    Channel.STAFF: 0.5,
    Channel.CREW: 1.0,
}
CONTACT_SHARE: Final = {Channel.WEB: 0.6, Channel.WHATSAPP: 1.0, Channel.EMAIL: 1.0, Channel.PHONE: 0.5}
ANONYMOUS_SHARE: Final = {Channel.WHATSAPP: 0.3, Channel.EMAIL: 0.25}
CONFIDENTIAL_SHARE: Final = {Channel.WHATSAPP: 0.08, Channel.EMAIL: 0.05}
"""Messages begin anonymous and confidential; these shares stay so after the reporter was asked."""


@dataclass(frozen=True)
class DemoPhoto:
    """A photo to be drawn (`photos.draw`): what it shows, and the seed of its irregularities."""

    kind: str
    seed: int


@dataclass(frozen=True)
class DemoRequest:
    """One report. Times are aware UTC, positions degrees in EPSG:4326 or None where the report has none.

    `defect_id` is the truth, unknown to the city: reports with the same number are of one defect. `reporter`
    is the same for reports by one person. `resolved_at` is when the present state was reached, if it is not
    an open one.
    """

    external_key: str
    service_code: str
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    location_source: LocationSource | None
    location_state: LocationState
    street: str
    landmark: str
    kelurahan: str
    words: str
    severity: int
    reported_at: datetime
    channel: Channel
    reporter: str
    contact: str | None
    language: str
    anonymous: bool
    confidential: bool
    defect_id: int
    photo: DemoPhoto | None
    history: tuple[DemoStep, ...]

    @property
    def state(self) -> RequestStatus:
        """Where it stands at the end."""
        return self.history[-1].status

    @property
    def resolved_at(self) -> datetime | None:
        """When it ended, None while open."""
        return None if self.state in OPEN else self.history[-1].at


@dataclass(frozen=True)
class DemoDefect:
    """The truth behind one or several reports; degrees, EPSG:4326. Photos are None where nobody was there."""

    defect_id: int
    service_code: str
    lon: float
    lat: float
    street: str
    jurisdiction: str
    kelurahan: str
    severity: int
    first_reported_at: datetime
    made_safe_at: datetime | None
    repaired_at: datetime | None
    made_safe_photo: DemoPhoto | None
    after_photo: DemoPhoto | None


class Writer:
    """Turns fates into what people send."""

    def __init__(
        self, sketch: Sketch, fates: tuple[Fate, ...], end: datetime, rng: np.random.Generator
    ) -> None:
        self._sketch, self._fates, self._end = sketch, fates, end
        self._places_rng, self._words_rng, self._lives_rng, self._people_rng = rng.spawn(4)
        self._locator = Locator(sketch.outline)
        self._points: Points = np.array([(fate.defect.x_m, fate.defect.y_m) for fate in fates])
        self._kelurahan = sketch.kelurahan_of(self._points)
        self._landmarks = _well_known(sketch, self._points)
        self._middles = {area.name: _middle(area.ground) for area in sketch.areas}
        self._people: dict[Channel, int] = dict.fromkeys(CHANNELS, 0)

    def write(self) -> tuple[DemoRequest, ...]:
        """Return all reports in the order in which they came; keys are numbered in that order."""
        told = sorted(
            (moment, index, number)
            for index, fate in enumerate(self._fates)
            for number, moment in enumerate(fate.told_at)
        )
        first_keys: dict[int, str] = {}
        written = []
        for running, (told_at, index, _) in enumerate(told, start=1):
            key = f"DEMO-{running:05d}"
            written.append(self._request(key, index, told_at, first_keys.get(index)))
            first_keys.setdefault(index, key)
        return tuple(written)

    def _request(self, key: str, index: int, told_at: datetime, repeats: str | None) -> DemoRequest:
        fate, rng = self._fates[index], self._people_rng
        street = self._sketch.streets[fate.defect.street]
        channel = list(CHANNELS)[int(rng.choice(len(CHANNELS), p=list(CHANNELS.values())))]
        location = self._locate(index, street, channel)
        language = pick_language(self._words_rng)
        site = self._site(index, street, location, language)
        reporter = self._reporter(channel)
        contact = f"{reporter}@example.org" if rng.random() < CONTACT_SHARE.get(channel, 0.0) else None
        report = Report(told_at, channel, street.keeper, location.state is not LocationState.NONE, repeats)
        return DemoRequest(
            external_key=key,
            service_code=fate.defect.service_code,
            lon=location.lon,
            lat=location.lat,
            accuracy_m=location.accuracy_m,
            location_source=location.source,
            location_state=location.state,
            street=site.street,
            landmark=site.landmark,
            kelurahan=site.kelurahan,
            words=compose(fate.defect.service_code, language, site, self._words_rng),
            severity=int(np.clip(fate.defect.severity + rng.choice([-1, 0, 0, 0, 1]), 1, 3)),
            reported_at=told_at,
            channel=channel,
            reporter=reporter,
            contact=contact,
            language=language,
            anonymous=bool(rng.random() < ANONYMOUS_SHARE.get(channel, 0.08)),
            confidential=bool(rng.random() < CONFIDENTIAL_SHARE.get(channel, 0.02)),
            defect_id=fate.defect.number,
            photo=self._photo(fate.defect.service_code, channel),
            history=history(report, fate, self._end, self._lives_rng),
        )

    def _locate(self, index: int, street: Street, channel: Channel) -> Location:
        rng = self._places_rng
        on_street = np.array(street.line.interpolate(0.5, normalized=True).coords[0])
        rough = on_street if rng.random() < 0.6 else self._middles[self._kelurahan[index]]
        return self._locator.locate(self._points[index], rough, channel, rng)

    def _site(self, index: int, street: Street, location: Location, language: str) -> Site:
        rng = self._words_rng
        is_vague = location.state is LocationState.NONE
        named = street.name if rng.random() < (0.35 if is_vague else 0.85) else ""
        kelurahan = "" if is_vague and rng.random() < 0.5 else self._kelurahan[index]
        return Site(named, kelurahan, self._landmark(index, language) if rng.random() < 0.6 else "")

    def _landmark(self, index: int, language: str) -> str:
        known = self._landmarks[index]
        if known and self._words_rng.random() < 0.5:
            return f"{'dekat' if language == 'id' else 'cedhak'} {known}"
        return pick_landmark(language, self._words_rng)

    def _reporter(self, channel: Channel) -> str:
        """Return a new person three times out of four, else one who has written before."""
        count = self._people[channel]
        if count == 0 or self._people_rng.random() < 0.76:
            self._people[channel] = number = count + 1
        else:
            number = int(self._people_rng.integers(count)) + 1
        return f"{channel.value}-{number:04d}"

    def _photo(self, service_code: str, channel: Channel) -> DemoPhoto | None:
        seed = int(self._people_rng.integers(2**31))
        return DemoPhoto(service_code, seed) if self._people_rng.random() < PHOTO_SHARE[channel] else None


def truths(
    sketch: Sketch, fates: tuple[Fate, ...], end: datetime, rng: np.random.Generator
) -> tuple[DemoDefect, ...]:
    """Return the defects that somebody told of, in degrees, as they are at `end`."""
    points = np.array([(fate.defect.x_m, fate.defect.y_m) for fate in fates])
    rows = zip(fates, to_degrees(points), sketch.kelurahan_of(points), strict=True)
    return tuple(_truth(fate, degrees, sketch, kelurahan, end, rng) for fate, degrees, kelurahan in rows)


def _truth(
    fate: Fate, degrees: Points, sketch: Sketch, kelurahan: str, end: datetime, rng: np.random.Generator
) -> DemoDefect:
    seed = int(rng.integers(2**31))
    is_repaired = fate.outcome is Outcome.REPAIRED and fate.visit_at <= end
    street = sketch.streets[fate.defect.street]
    return DemoDefect(
        defect_id=fate.defect.number,
        service_code=fate.defect.service_code,
        lon=float(degrees[0]),
        lat=float(degrees[1]),
        street=street.name,
        jurisdiction=street.keeper,
        kelurahan=kelurahan,
        severity=fate.defect.severity,
        first_reported_at=fate.told_at[0].astimezone(UTC),
        made_safe_at=fate.made_safe_at,
        repaired_at=fate.visit_at if is_repaired else None,
        made_safe_photo=DemoPhoto("made_safe", seed) if fate.made_safe_at else None,
        after_photo=DemoPhoto(f"after_{fate.defect.service_code}", seed) if is_repaired else None,
    )


def _middle(ground: shapely.MultiPolygon) -> Points:
    return np.array(ground.representative_point().coords[0])


def _well_known(sketch: Sketch, points: Points) -> list[str]:
    """Return the school, market or hospital within `KNOWN_PLACE_M` of each position, or "" for none."""
    tree = shapely.STRtree([landmark.place for landmark in sketch.landmarks])
    (rows, nearest) = tree.query_nearest(
        shapely.points(points), max_distance=KNOWN_PLACE_M, all_matches=False
    )
    names = [""] * len(points)
    for row, landmark in zip(rows, nearest, strict=True):
        names[row] = sketch.landmarks[landmark].name
    return names
