"""Administrators: accounts, departments, kinds of report, promises, crews, shifts, depots, roads, the log."""

from fieldops.web.admin import accounts, audit, choices, crews, depots, roads, services, shifts
from fieldops.web.admin.room import blueprint

__all__ = ["accounts", "audit", "blueprint", "choices", "crews", "depots", "roads", "services", "shifts"]
