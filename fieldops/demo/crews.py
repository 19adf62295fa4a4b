"""The demonstration's depots, crews and shifts: those of the city's profile, as plain values.

The profile (`fieldops/profiles/surakarta.toml`) is the one place where they are written.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from fieldops.domain.city import City


@dataclass(frozen=True)
class DemoDepot:
    """Where crews start and reload; degrees, EPSG:4326."""

    name: str
    lon: float
    lat: float


@dataclass(frozen=True)
class DemoCrew:
    """A crew with its skills and what its vehicle carries ("asphalt_kg", "sediment_l")."""

    letter: str
    name: str
    department: str
    depot: str
    skills: tuple[str, ...]
    capacity: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class DemoShift:
    """One crew's working day: aware UTC, the break's window, and its length in seconds."""

    crew: str
    day: date
    starts_at: datetime
    ends_at: datetime
    break_from: datetime
    break_until: datetime
    break_s: int


def depots(profile: City) -> tuple[DemoDepot, ...]:
    """Return the profile's depots."""
    return tuple(DemoDepot(depot.name, depot.lon, depot.lat) for depot in profile.depots)


def crews(profile: City) -> tuple[DemoCrew, ...]:
    """Return the profile's crews."""
    return tuple(
        DemoCrew(
            crew.letter,
            crew.name,
            crew.department,
            crew.depot,
            tuple(crew.skills),
            tuple(sorted(crew.capacity.items())),
        )
        for crew in profile.crews
    )


def shifts(profile: City, last: date, days: int) -> tuple[DemoShift, ...]:
    """Return every crew's shift on the working days (Monday to Saturday) among the `days` up to `last`."""
    zone = ZoneInfo(profile.time_zone)
    hours = profile.shift
    found = []
    for back in reversed(range(days)):
        day = last - timedelta(days=back)
        if day.weekday() == 6:
            continue
        starts_at, ends_at, break_from, break_until = (
            datetime.combine(day, hour, zone).astimezone(UTC)
            for hour in (hours.starts, hours.ends, hours.break_from, hours.break_until)
        )
        found += [
            DemoShift(crew.name, day, starts_at, ends_at, break_from, break_until, hours.break_minutes * 60)
            for crew in profile.crews
        ]
    return tuple(found)
