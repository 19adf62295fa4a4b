"""What a collection of features is: its columns, its rows, and who may read it. Data, no behaviour."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute

from fieldops.domain.city import City
from fieldops.domain.roles import Right

Rows = Select[*tuple[Any, ...]]


class Kind(StrEnum):
    """What a property holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    TRUTH = "truth"
    DAY = "day"
    MOMENT = "moment"


@dataclass(frozen=True)
class Scene:
    """What an answer depends on beside the rows. `map_least` is the setting of that name."""

    now: datetime
    city: City
    map_least: int = 0

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        return ZoneInfo(self.city.time_zone)

    def day(self, moment: datetime) -> date:
        """Return the day of the city's calendar."""
        return moment.astimezone(self.zone).date()


@dataclass(frozen=True)
class Column:
    """One property of a feature.

    Parameters
    ----------
    name, kind, title
        What it is called, what it holds, and what it means; the title is a lazy translation.
    value
        The SQL expression.
    asked
        Whether an address may narrow by it (`?service=pothole`).
    choices
        What it can be, where that is known; anything else is refused.
    shown
        What is told of the value, where that is not the value itself.
    """

    name: str
    kind: Kind
    title: Any
    value: Any
    asked: bool = False
    choices: tuple[str, ...] = ()
    shown: Callable[[Any, Scene], Any] | None = None


def as_they_are(rows: Rows, _scene: Scene) -> Rows:
    """Change nothing: what `Layer.rows` is where every row of the table is a feature."""
    return rows


def to_everybody(_scene: Scene) -> bool:
    """Say that a collection is there in every installation."""
    return True


@dataclass(frozen=True)
class Layer:
    """A collection of features.

    Parameters
    ----------
    id
        The word in its address.
    title, description
        Lazy translations.
    right
        What its reader must carry; None: everybody. Where several layers have one id, a reader gets the
        first that they may read, so the one that tells most comes first.
    shape
        GeoJSON's name of the geometries.
    number
        The primary key. Pages follow it, so a page is stable while rows arrive.
    geometry
        The column of the geometry, in EPSG:4326, with its spatial index.
    rows
        Adds joins and conditions to a selection of columns.
    moment
        When a feature happened; None: `datetime` lets everything through.
    is_by_day
        Its reader knows the day of `moment` only, and asks by whole days.
    is_numbered
        Whether a reader may know `number`. Where they may not, it leaves the building encrypted: numbers in
        a row tell how many are missing between them.
    is_there
        Whether this installation has the collection at all.
    """

    id: str
    title: Any
    description: Any
    shape: str
    number: InstrumentedAttribute[int]
    geometry: InstrumentedAttribute[Any]
    columns: tuple[Column, ...]
    right: Right | None = None
    rows: Callable[[Rows, Scene], Rows] = as_they_are
    moment: InstrumentedAttribute[Any] | None = None
    is_by_day: bool = False
    is_numbered: bool = True
    is_there: Callable[[Scene], bool] = field(default=to_everybody)

    def column(self, name: str) -> Column | None:
        """Return the property that an address may narrow by, None when there is none of that name."""
        return next((one for one in self.columns if one.name == name and one.asked), None)
