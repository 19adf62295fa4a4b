"""Citizens' pages: no account; the link is the login."""

from fieldops.web.citizen import (
    choices,
    data_deletion,
    data_entrance,
    data_files,
    data_page,
    home,
    map_page,
    maps,
    me_too,
    pin_page,
    report,
    tracking,
)
from fieldops.web.citizen.room import blueprint

__all__ = [
    "blueprint",
    "choices",
    "data_deletion",
    "data_entrance",
    "data_files",
    "data_page",
    "home",
    "map_page",
    "maps",
    "me_too",
    "pin_page",
    "report",
    "tracking",
]
