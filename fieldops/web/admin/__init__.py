"""Administrators: accounts, departments, kinds, promises, crews, shifts, depots, roads, words, the log."""

from fieldops.web.admin import accounts, audit, choices, crews, depots, roads, services, shifts, triage
from fieldops.web.admin.room import blueprint

__all__ = [
    "accounts",
    "audit",
    "blueprint",
    "choices",
    "crews",
    "depots",
    "roads",
    "services",
    "shifts",
    "triage",
]
