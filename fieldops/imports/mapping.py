"""The mapping: how the columns of somebody's file become requests. A TOML file, read strictly."""

import difflib
import hashlib
import string
import tomllib
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from fieldops.domain.places import Channel
from fieldops.domain.request_states import ClosedReason
from fieldops.errors import InvalidInput

Format: TypeAlias = Literal["csv", "parquet", "geojson", "gpkg"]
ImportedStatus: TypeAlias = Literal["submitted", "acknowledged", "closed", "duplicate"]

DAY_FIRST: Final = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
MONTH_FIRST: Final = ("%m/%d/%Y", "%m-%d-%Y")
CLOCKS: Final = ("", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FileForm(_Strict):
    """How the file is written. What is left out follows from its name."""

    format: Format | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    encoding: str = "utf-8"
    decimal: Literal[".", ","] = "."
    layer: str | None = None
    missing: list[str] = []

    @field_validator("encoding")
    @classmethod
    def _known_encoding(cls, name: str) -> str:
        try:
            "".encode(name)
        except LookupError:
            raise ValueError(f"there is no encoding called {name}") from None
        return name


class Columns(_Strict):
    """Which column says what. A column that is not named here, or in `words`, is never read."""

    external_key: str | list[str]
    reported_at: str
    closed_at: str = ""
    status: str = ""
    outcome: str = ""
    duplicate_of: str = ""
    service: str = ""
    severity: str = ""
    x: str = ""
    y: str = ""
    accuracy_m: str = ""
    address: str = ""
    landmark: str = ""
    contact: str = ""

    @property
    def key_parts(self) -> list[str]:
        """The columns that make the external key."""
        return [self.external_key] if isinstance(self.external_key, str) else list(self.external_key)

    @model_validator(mode="after")
    def _both_or_neither(self) -> "Columns":
        if bool(self.x) != bool(self.y):
            raise ValueError("x and y belong together: name both, or neither for a file with a geometry")
        if not all(self.key_parts):
            raise ValueError("external_key must name a column")
        return self


class TimeForm(_Strict):
    """How times are written. Without `formats` or `day_first` they are ISO 8601.

    `as_of` tells the story as it stood then: what was closed later is still open.
    """

    zone: str
    formats: list[str] = []
    day_first: bool | None = None
    as_of: datetime | None = None

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(f"there is no time zone called {name}; write for example Asia/Jakarta") from None
        return name

    @model_validator(mode="after")
    def _one_way(self) -> "TimeForm":
        if self.formats and self.day_first is not None:
            raise ValueError("give either formats or day_first, not both")
        return self

    @property
    def patterns(self) -> list[str]:
        """The strptime patterns to try in order; none means ISO 8601."""
        if self.day_first is None:
            return list(self.formats)
        return [day + time for day in (DAY_FIRST if self.day_first else MONTH_FIRST) for time in CLOCKS]

    @property
    def as_of_moment(self) -> datetime | None:
        """`as_of` as an aware time; one without an offset is meant in `zone`."""
        if self.as_of is None or self.as_of.tzinfo is not None:
            return self.as_of
        return self.as_of.replace(tzinfo=ZoneInfo(self.zone))


class Outcome(_Strict):
    """What a closed request ended as, when its outcome column contains some words (in any case)."""

    contains: str = Field(min_length=1)
    status: Literal["closed", "duplicate"] = "closed"
    closed_reason: ClosedReason = ClosedReason.REPAIRED


class StatusRule(_Strict):
    """Which status a value stands for. A blank takes the default; an unknown value is refused."""

    default: ImportedStatus = "submitted"
    values: dict[str, ImportedStatus] = {}
    closed_reason: ClosedReason = ClosedReason.REPAIRED
    outcomes: list[Outcome] = []


class ServiceRule(_Strict):
    """Which service a value stands for: `values`, then the services' own external names, then `default`.

    Without a default an unknown value is refused.
    """

    default: str | None = None
    values: dict[str, str] = {}


class PlaceRule(_Strict):
    """In which coordinate system x and y (or the geometry) are, and how good they are.

    `stand_ins` are coordinates (x, y) that the source writes when it does not know the place.
    """

    crs: str | None = None
    accuracy_m: float | None = Field(default=None, gt=0, le=10_000)
    stand_ins: list[tuple[float, float]] = []


class SeverityRule(_Strict):
    """How bad a value of the severity column is, 1 to 3."""

    default: Literal[1, 2, 3] = 2
    values: dict[str, Literal[1, 2, 3]] = {}


class PrivacyRule(_Strict):
    """The two switches that imported requests start with."""

    anonymous: bool = False
    confidential: bool = False


class Mapping(_Strict):
    """Everything a mapping says. `words` is a template such as "{title}: {details}"; empty takes no words."""

    source: str = Field(pattern=r"^[a-z0-9][a-z0-9_.-]{0,39}$")
    language: Literal["id", "en"] = "id"
    channel: Channel = Channel.IMPORT
    words: str = ""
    columns: Columns
    time: TimeForm
    file: FileForm = FileForm()
    status: StatusRule = StatusRule()
    service: ServiceRule = ServiceRule()
    place: PlaceRule = PlaceRule()
    severity: SeverityRule = SeverityRule()
    privacy: PrivacyRule = PrivacyRule()

    @field_validator("words")
    @classmethod
    def _readable_template(cls, words: str) -> str:
        try:
            list(string.Formatter().parse(words))
        except ValueError as error:
            raise ValueError(f"the template cannot be read: {error}") from None
        return words

    @property
    def template(self) -> list[tuple[str, str | None]]:
        """The pieces of `words`: some text, then the column whose value follows it (None: nothing)."""
        pieces: list[tuple[str, str | None]] = []
        for text, column, form, conversion in string.Formatter().parse(self.words):
            # A column's own name may hold a colon or an exclamation mark; nothing is formatted here.
            whole = None if column is None else column + (f"!{conversion}" if conversion else "")
            pieces.append((text, whole + (f":{form}" if form else "") if whole is not None else None))
        return pieces

    @property
    def needed(self) -> dict[str, str]:
        """Every column that is read, with the key that names it."""
        named = self.columns.model_dump(exclude={"external_key"})
        found = dict.fromkeys(self.columns.key_parts, "columns.external_key")
        for key, column in named.items():
            if column:
                found.setdefault(column, f"columns.{key}")
        for _text, column in self.template:
            if column:
                found.setdefault(column, "words")
        return found


def load_mapping(path: Path) -> tuple[Mapping, str]:
    """Read a mapping.

    Returns
    -------
    The mapping and the SHA-256 of its file.

    Raises
    ------
    InvalidInput
        It is not TOML, or one of its keys is wrong; the message names it.
    """
    raw = path.read_bytes()
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except UnicodeDecodeError:
        raise InvalidInput("The mapping %(path)s is not UTF-8.", path=path.name) from None
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput("The mapping %(path)s is not TOML: %(why)s", path=path.name, why=error) from None
    try:
        return Mapping.model_validate(data), hashlib.sha256(raw).hexdigest()
    except ValidationError as error:
        raise InvalidInput(
            "The mapping %(path)s, %(why)s", path=path.name, why=_first_mistake(error)
        ) from None


def _first_mistake(error: ValidationError) -> str:
    # An unknown key comes first: a misspelled one makes the right one "missing" as well.
    mistakes = sorted(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
    found = mistakes[0]
    key = ".".join(str(part) for part in found["loc"]) or "as a whole"
    if found["type"] == "extra_forbidden":
        like = difflib.get_close_matches(str(found["loc"][-1]), _keys_at(found["loc"][:-1]), n=1, cutoff=0.5)
        return f"key {key} is unknown" + (f"; did you mean {like[0]}?" if like else ".")
    if found["type"] == "missing":
        return f"key {key} is missing."
    return f"key {key}: {str(found['msg']).removeprefix('Value error, ')}."


def _keys_at(where: tuple[Any, ...]) -> list[str]:
    room: Any = Mapping
    for part in where:
        if part == "outcomes":
            room = Outcome
        elif isinstance(part, str) and part in room.model_fields:
            room = room.model_fields[part].annotation
    return list(room.model_fields)
