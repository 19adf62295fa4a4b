"""Settings, read once from the environment. Nothing else reads `os.environ`."""

from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Every setting of FieldOps. A variable is the field's name in capitals, with `FIELDOPS_` before it
    unless an alias is named.
    """

    model_config = SettingsConfigDict(env_prefix="FIELDOPS_", frozen=True, populate_by_name=True)

    database_url: str = Field(
        default="",
        alias="DATABASE_URL",
        description="Where the data is: empty for the embedded SpatiaLite file in the instance folder, "
        "or postgresql+psycopg://user:password@host/name.",
    )
    instance_dir: Path = Field(default=ROOT / "instance", description="Folder of all run-time data.")
    media_url: str = Field(
        default="",
        alias="MEDIA_URL",
        description="Where photos go: empty for the instance folder, or s3://bucket/path.",
    )
    secret_key: str = Field(
        default="", description="Signs sessions and links. Empty: made once, kept in the instance folder."
    )
    contact_key: str = Field(
        default="",
        description="Encrypts reporters' contacts (Fernet key). Empty: made once, kept in the instance "
        "folder, outside the database. While it is changed: the new one, a comma, the one before.",
    )
    push_key: str = Field(
        default="",
        description="Proves to push services that a notice is ours (a P-256 key). Empty: made once, kept in "
        "the instance folder.",
    )
    push_services: str = Field(
        default="fcm.googleapis.com,updates.push.services.mozilla.com,*.notify.windows.com,*.push.apple.com",
        description="The hosts that notices for closed pages may go to, separated by commas; *. before a "
        "name means every host below it. Empty: none. This machine (127.0.0.1, localhost) is one only where "
        "it is named, and only in a rehearsal.",
    )
    spatialite_library_path: str = Field(
        default="",
        alias="SPATIALITE_LIBRARY_PATH",
        description="Full path of mod_spatialite when the loader does not find it.",
    )
    synchronous: Literal["NORMAL", "FULL"] = Field(
        default="NORMAL",
        description="SQLite's durability; FULL keeps the last commits through a power cut, at a fifth of "
        "the speed.",
    )
    busy_timeout_ms: int = Field(default=10_000, ge=0, description="How long a writer waits for another one.")
    profile: str = Field(
        default="surakarta",
        description="Name of the city profile in fieldops/profiles, or the path of a TOML file of the "
        "same form.",
    )
    demo: bool = Field(
        default=False, description="The installation shows the demonstration city and its logins."
    )
    secure_cookies: bool = Field(
        default=False,
        description="Send session cookies over HTTPS only. Set it wherever TLS ends before the site.",
    )
    public_url: str = Field(
        default="http://127.0.0.1:8000", description="The site's address in messages and links."
    )
    trusted_proxies: int = Field(
        default=0, ge=0, description="How many proxies before the site set X-Forwarded-* headers."
    )
    rate_limits: bool = Field(
        default=True, description="Limit sign-in attempts and reports from one address."
    )
    max_photo_mb: int = Field(default=20, ge=1, description="Largest photo accepted, in megabytes.")
    smtp_url: str = Field(
        default="",
        description="Where e-mail leaves: smtp://user:password@host:587. Empty: messages stay in the outbox, "
        "and nobody is written to by accident.",
    )
    live: bool = Field(
        default=False,
        description="Real people may be written to. Without it the installation is a rehearsal: mail and "
        "channels reach servers on this machine only, and everything else stays in the outbox.",
    )
    more_channels: str = Field(
        default="",
        description="Channels that are off unless named here, separated by commas: x (each message is paid).",
    )
    mail_sender: str = Field(default="fieldops@localhost", description="The address that e-mail comes from.")
    roads_file: str = Field(
        default="",
        description="The road graph that import-roads writes. Empty: roads.graph in the instance folder.",
    )
    road_speeds: str = Field(
        default="",
        description="Table of speeds (TOML) that import-roads uses. Empty: the one that comes along.",
    )
    route_server_url: str = Field(
        default="",
        description="An OSRM-compatible server for travel times and routes, such as http://127.0.0.1:5000. "
        "Empty: none is asked.",
    )
    route_server_places: int = Field(
        default=100,
        ge=2,
        le=10_000,
        description="How many places one question to the route server may name (OSRM's --max-table-size).",
    )
    map_least: int = Field(
        default=0,
        ge=0,
        description="On the public map, bubbles of fewer reports than this say only that they are below it, "
        "and single reports are not shown. 0: off.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Least severe line that is logged."
    )

    @property
    def database_path(self) -> Path:
        """The embedded database's file."""
        return self.instance_dir / "fieldops.sqlite"

    @property
    def sqlalchemy_url(self) -> str:
        """The address SQLAlchemy opens."""
        return self.database_url or f"sqlite:///{self.database_path}"

    @property
    def roads_path(self) -> Path:
        """The road graph's file."""
        return Path(self.roads_file) if self.roads_file else self.instance_dir / "roads.graph"

    @property
    def spool_dir(self) -> Path:
        """Where events lie that were acknowledged and are not in the database yet."""
        return self.instance_dir / "spool"

    @property
    def media_address(self) -> str:
        """The fsspec address of the photo store."""
        return self.media_url or f"file://{self.instance_dir / 'media'}"


@lru_cache(maxsize=1)
def settings_from_environment() -> Settings:
    """Read the environment once for this process."""
    return Settings()
