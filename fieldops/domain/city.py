"""A city's profile: name, time zone, projected CRS, served bounds, and what an empty database starts with.

A profile is a TOML file; the shipped ones are in `fieldops/profiles`. After the first start the database's
rows are what counts, and the admin pages change them.
"""

import tomllib
from datetime import date, datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fieldops.errors import SetupError

PROFILES = Path(__file__).resolve().parent.parent / "profiles"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ShiftHours(_Strict):
    """The usual working day, in local time."""

    starts: time
    ends: time
    break_from: time
    break_until: time
    break_minutes: int = Field(ge=0)
    overtime_minutes: int = Field(ge=0)


class DepartmentSeed(_Strict):
    """A department to start with."""

    code: str
    name: str


class ServiceSeed(_Strict):
    """A kind of complaint to start with. Radii in metres: 0 is off, 1 km the most. `while_open`: open reports
    link to new ones however old they are. `same_rain`: the window is one rain, where rain is known.
    """

    code: str
    family: str
    icon: str
    name_id: str
    name_en: str
    department: str
    suggest_radius_m: int = Field(ge=0, le=1000)
    link_radius_m: int = Field(ge=0, le=1000)
    window_days: int = Field(ge=1)
    while_open: bool = False
    same_rain: bool = False
    duration_minutes: int = Field(ge=1)
    material: str
    material_amount: int = Field(ge=0)
    skills: list[str]
    dry_weather: bool = False
    external_names: list[str] = []


class ServiceLevelSeed(_Strict):
    """A promise to start with; without `service` it holds for all."""

    service: str | None = None
    kind: str
    hours: int = Field(ge=1)
    source: str
    valid_from: date


class DepotSeed(_Strict):
    """A depot to start with, in degrees."""

    name: str
    lon: float
    lat: float


class CrewSeed(_Strict):
    """A crew to start with."""

    letter: str
    name: str
    department: str
    depot: str
    skills: list[str]
    capacity: dict[str, int]


class City(_Strict):
    """One city, as its profile describes it.

    `bounds` are (west, south, east, north) and `centre` (lon, lat) in degrees, EPSG:4326; `epsg` is the
    projected CRS in which all distances are measured. `emergency_phone` is for whoever is in danger;
    empty: no number is shown.
    """

    code: str = Field(pattern=r"^[A-Z]{2,4}$")
    name: str
    organisation: str
    time_zone: str
    epsg: int
    bounds: tuple[float, float, float, float]
    centre: tuple[float, float]
    emergency_phone: str = Field(default="", pattern=r"^[0-9+]{0,20}$")
    shift: ShiftHours
    departments: list[DepartmentSeed]
    services: list[ServiceSeed]
    service_levels: list[ServiceLevelSeed]
    depots: list[DepotSeed]
    crews: list[CrewSeed]

    def holds(self, lon: float, lat: float) -> bool:
        """Return whether a point lies within the served bounds."""
        west, south, east, north = self.bounds
        return west <= lon <= east and south <= lat <= north

    def midnight(self, day: date) -> datetime:
        """Return the local midnight that a day begins with."""
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(self.time_zone))


def load_city(profile: str) -> City:
    """Read a profile by its name in `fieldops/profiles` or by its path.

    Raises
    ------
    SetupError
        The file is missing or one of its keys is wrong; the message names both.
    """
    path = (
        PROFILES / f"{profile}.toml"
        if "/" not in profile and not profile.endswith(".toml")
        else Path(profile)
    )
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        head = data.pop("city")
        return City(**head, **data)
    except FileNotFoundError:
        known = ", ".join(sorted(found.stem for found in PROFILES.glob("*.toml")))
        raise SetupError(
            "There is no city profile %(path)s. Shipped: %(known)s.", path=path, known=known
        ) from None
    except KeyError as error:
        raise SetupError("The city profile %(path)s lacks the table %(key)s.", path=path, key=error) from None
    except tomllib.TOMLDecodeError as error:
        raise SetupError("The city profile %(path)s is not TOML: %(why)s", path=path, why=error) from None
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise SetupError(
            "The city profile %(path)s, key %(key)s: %(why)s", path=path, key=key, why=first["msg"]
        ) from None
