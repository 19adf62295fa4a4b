"""Where a citizen's words say it is. Candidates only, each with a radius and what was read for it.

A candidate never becomes a pin by itself: whoever uses one says "perkiraan" and asks.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fieldops.triage.gazetteer import Gazetteer, PlaceKind
from fieldops.triage.map_links import LINK, Position, find_positions, has_short_link
from fieldops.triage.mentions import Mention, find_mentions, neighbours, read_details
from fieldops.triage.place_shapes import Plane, Spot, along, at_landmark, crossing, inside, on_street, over
from fieldops.triage.plain_words import cut

MOST_CANDIDATES: Final = 5
CROSSING_GAP_M: Final = 40.0
LANDMARK_TO_STREET_M: Final = 400.0
PRECISE_M: Final = 50.0

# How far each way of saying a place is trusted; ours, to be replaced by measured shares.
TRUST: Final = {
    "map_link": 0.95, "geo_link": 0.95, "coordinates": 0.9, "plus_code": 0.9, "map_view": 0.6,
    "crossing": 0.85, "streets_meet": 0.7, "landmark_on_street": 0.75, "landmark": 0.6,
    "street_in_area": 0.55, "street": 0.45, "area": 0.3,
}  # fmt: skip
WITHOUT_RELATION: Final = 0.8


@dataclass(frozen=True)
class Reason:
    """Why a candidate is one: a code for the page to put into words, and the words that were matched."""

    code: str
    said: str
    name: str = ""


@dataclass(frozen=True)
class PlaceCandidate:
    """A point in degrees (EPSG:4326) around which the place may be; `confidence` is between 0 and 1."""

    lon: float
    lat: float
    radius_m: float
    confidence: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class PlaceReading:
    """What words say of a place.

    `details` may hold rt, rw, number and km, which narrow a place down for a person. `is_outside`: a position
    was said, but not in the city. `needs_pin_link`: the words hold a short link, which says its place only to
    whoever follows it.
    `names_a_place`: a street, area or landmark was recognised, or a position or RT was said.
    """

    candidates: tuple[PlaceCandidate, ...]
    details: dict[str, str]
    is_outside: bool
    needs_pin_link: bool

    @property
    def names_a_place(self) -> bool:
        """Whether the words say anything of a place."""
        return bool(self.candidates or self.details or self.is_outside or self.needs_pin_link)


@dataclass(frozen=True)
class PlaceFinder:
    """Finds places in words.

    Parameters
    ----------
    gazetteer
        The city's names.
    centre
        (lon, lat) in degrees: completes short Plus Codes, and metres are measured around it.
    bounds
        (west, south, east, north) in degrees of the served city.
    """

    gazetteer: Gazetteer
    centre: tuple[float, float]
    bounds: tuple[float, float, float, float]

    def read(self, text: str) -> PlaceReading:
        """Return what any text says of a place, the surest candidate first."""
        usual = cut(text)
        positions = find_positions(usual, self.centre)
        held = [position for position in positions if self._holds(position.lon, position.lat)]
        words = LINK.sub(" ", usual)
        mentions, at_crossing = find_mentions(words, self.gazetteer)
        candidates = [_pinned(position) for position in held]
        candidates += self._named(mentions, at_crossing)
        candidates.sort(key=lambda one: (-one.confidence, one.radius_m, one.lon, one.lat))
        return PlaceReading(
            tuple(candidates[:MOST_CANDIDATES]),
            read_details(words),
            is_outside=len(positions) > len(held),
            needs_pin_link=has_short_link(usual) and not any(one.radius_m <= PRECISE_M for one in candidates),
        )

    def _holds(self, lon: float, lat: float) -> bool:
        west, south, east, north = self.bounds
        return west <= lon <= east and south <= lat <= north

    def _named(self, mentions: Sequence[Mention], at_crossing: bool) -> list[PlaceCandidate]:
        plane = Plane(*self.centre)
        found: dict[tuple[str, ...], PlaceCandidate] = {}
        for code, spot, trust, said in _ways(mentions, plane, at_crossing):
            lon, lat = plane.degrees(spot)
            if not self._holds(lon, lat):
                continue
            reasons = tuple(Reason(code, one.said, one.hits[0].place.name) for one in said)
            key = (code, f"{lon:.4f}", f"{lat:.4f}")
            if key not in found or found[key].confidence < trust:
                found[key] = PlaceCandidate(lon, lat, round(spot.radius_m), round(trust, 3), reasons)
        return list(found.values())


Way = tuple[str, Spot, float, tuple[Mention, ...]]


def _ways(mentions: Sequence[Mention], plane: Plane, at_crossing: bool) -> Iterator[Way]:
    streets = [one for one in mentions if one.kind == PlaceKind.STREET]
    areas = [one for one in mentions if one.kind == PlaceKind.AREA]
    for one, other in neighbours(mentions):
        yield from _crossings(one, other, plane, at_crossing)
    for mark in (one for one in mentions if one.kind == PlaceKind.LANDMARK):
        yield from _at_landmark(mark, streets, plane)
    for street in streets:
        yield from _on_street(street, areas, plane)
    for area in areas:
        for hit in area.hits:
            yield "area", over(plane.flat(hit.place.shape)), _trust("area", area), (area,)


def _crossings(one: Mention, other: Mention, plane: Plane, at_crossing: bool) -> Iterator[Way]:
    code = "crossing" if at_crossing else "streets_meet"
    for first in one.hits[:8]:
        for second in other.hits[:8]:
            spot = crossing(plane.flat(first.place.shape), plane.flat(second.place.shape), CROSSING_GAP_M)
            if spot is not None and first.place is not second.place:
                yield code, spot, TRUST[code] * min(one.likeness, other.likeness), (one, other)


def _at_landmark(mark: Mention, streets: Sequence[Mention], plane: Plane) -> Iterator[Way]:
    for hit in mark.hits[:8]:
        spot = at_landmark(plane.flat(hit.place.shape), mark.relation)
        said = 1.0 if mark.relation else WITHOUT_RELATION
        yield "landmark", spot, _trust("landmark", mark) * said, (mark,)
        for street in streets:
            for line in street.hits[:8]:
                moved = on_street(plane.flat(line.place.shape), spot, LANDMARK_TO_STREET_M)
                if moved is not None:
                    trust = TRUST["landmark_on_street"] * min(mark.likeness, street.likeness)
                    yield "landmark_on_street", moved, trust, (mark, street)


def _on_street(street: Mention, areas: Sequence[Mention], plane: Plane) -> Iterator[Way]:
    for hit in street.hits[:8]:
        line = plane.flat(hit.place.shape)
        yield "street", along(line), _trust("street", street), (street,)
        for area in areas:
            for ground in area.hits:
                part = inside(line, plane.flat(ground.place.shape))
                if part is not None:
                    trust = TRUST["street_in_area"] * min(street.likeness, area.likeness)
                    yield "street_in_area", part, trust, (street, area)


def _trust(code: str, mention: Mention) -> float:
    """Return the trust in one of several places of a name, none of which is preferred."""
    return TRUST[code] * mention.likeness / len(mention.hits)


def _pinned(position: Position) -> PlaceCandidate:
    said = re.sub(r"\s+", " ", position.said)[:120]
    return PlaceCandidate(
        position.lon, position.lat, position.radius_m, TRUST[position.code], (Reason(position.code, said),)
    )
