"""How a location came to be known and how far it can be trusted."""

from enum import StrEnum


class LocationState(StrEnum):
    """Whether a place is known. Without one nothing joins a cluster; an estimated one needs an inspection."""

    NONE = "none"
    ESTIMATED = "estimated"
    CONFIRMED = "confirmed"


class LocationSource(StrEnum):
    """What the position was read from."""

    GPS = "gps"
    EXIF = "exif"
    DRAG = "drag"
    TYPED = "typed"
    TEXT = "text"
    CHANNEL = "channel"
    IMPORT = "import"
    STAFF = "staff"


class Channel(StrEnum):
    """The way a report came, and the way its reporter is told."""

    WEB = "web"
    EMAIL = "email"
    WHATSAPP = "whatsapp"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    TELEGRAM = "telegram"
    MASTODON = "mastodon"
    MATRIX = "matrix"
    SMS = "sms"
    X = "x"
    PHONE = "phone"
    STAFF = "staff"
    CREW = "crew"
    IMPORT = "import"
    API = "api"
