"""Where a report says the defect is: by phone, by map, by words, or not at all."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from shapely import Point, Polygon
from shapely.prepared import prep

from fieldops.demo.sheet import Points, to_degrees
from fieldops.domain.places import Channel, LocationSource, LocationState

CHANNELS: Final = {
    Channel.WHATSAPP: 0.66,
    Channel.WEB: 0.19,
    Channel.EMAIL: 0.04,
    Channel.PHONE: 0.05,
    Channel.STAFF: 0.04,
    Channel.CREW: 0.02,
}
"""Two thirds by WhatsApp, as the city's own figures of 2024 have it."""

SOURCES: Final[dict[Channel, dict[LocationSource | None, float]]] = {
    Channel.WHATSAPP: {
        LocationSource.CHANNEL: 0.62,
        LocationSource.STAFF: 0.14,
        LocationSource.TEXT: 0.15,
        None: 0.09,
    },
    Channel.WEB: {LocationSource.GPS: 0.55, LocationSource.DRAG: 0.3, LocationSource.EXIF: 0.12, None: 0.03},
    Channel.EMAIL: {LocationSource.EXIF: 0.3, LocationSource.TEXT: 0.45, None: 0.25},
    Channel.PHONE: {LocationSource.STAFF: 0.65, LocationSource.TEXT: 0.25, None: 0.1},
    Channel.STAFF: {LocationSource.GPS: 0.6, LocationSource.STAFF: 0.4},
    Channel.CREW: {LocationSource.GPS: 1.0},
}

ACCURACY_M: Final = {
    LocationSource.GPS: 9.0,
    LocationSource.EXIF: 12.0,
    LocationSource.CHANNEL: 14.0,
    LocationSource.DRAG: 10.0,
    LocationSource.STAFF: 22.0,
}
"""Median radius that holds the true place two times out of three; phones in towns are 7–13 m off."""

WORST_CONFIRMED_M: Final = 50.0


@dataclass(frozen=True)
class Location:
    """A stated position in degrees (or none), how it was found and how far it can be trusted."""

    lon: float | None
    lat: float | None
    accuracy_m: float | None
    source: LocationSource | None
    state: LocationState


NOWHERE: Final = Location(None, None, None, None, LocationState.NONE)


class Locator:
    """States positions that stay inside the city."""

    def __init__(self, outline: Polygon) -> None:
        self._inside = prep(outline.buffer(-1.0))

    def locate(self, true: Points, rough: Points, channel: Channel, rng: np.random.Generator) -> Location:
        """Return what a report by this channel says.

        Parameters
        ----------
        true
            Where the defect is, (x, y) on the plan.
        rough
            Where a search for the words alone would land: the middle of the street or of the kelurahan.
        channel
            How the report came.
        rng
            The source of all error.
        """
        options = SOURCES[channel]
        source = list(options)[int(rng.choice(len(options), p=list(options.values())))]
        if source is None:
            return NOWHERE
        if source is LocationSource.TEXT:
            return self._stated(rough, float(rng.uniform(120, 450)), source)
        accuracy_m = float(np.clip(ACCURACY_M[source] * np.exp(rng.normal(0, 0.45)), 3.0, 90.0))
        # A radius that holds 68 % is 1.5 standard deviations of an axis; one in ten is far worse than stated.
        error_m = rng.normal(0, accuracy_m / 1.5, size=2) * (3 if rng.random() < 0.1 else 1)
        stated = true + error_m
        return self._stated(stated if self._inside.contains(Point(stated)) else true, accuracy_m, source)

    def _stated(self, place: Points, accuracy_m: float, source: LocationSource) -> Location:
        lon, lat = to_degrees(place[None, :])[0]
        state = LocationState.CONFIRMED if accuracy_m <= WORST_CONFIRMED_M else LocationState.ESTIMATED
        return Location(float(lon), float(lat), round(accuracy_m, 1), source, state)
