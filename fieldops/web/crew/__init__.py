"""Crew leaders' phone pages: the day's list, a stop's card, and what is reported of it."""

from fieldops.web.crew import (
    files,
    findings,
    help_pages,
    kept_day,
    new_list,
    ordering,
    pages,
    pins,
    postponing,
    reports,
    surveys,
)
from fieldops.web.crew.room import blueprint

__all__ = [
    "blueprint",
    "files",
    "findings",
    "help_pages",
    "kept_day",
    "new_list",
    "ordering",
    "pages",
    "pins",
    "postponing",
    "reports",
    "surveys",
]
