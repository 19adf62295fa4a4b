"""Administrators: accounts, departments, kinds of report, promises, crews, shifts, depots, the log."""

from fieldops.web.admin import accounts, audit, choices, crews, depots, services, shifts
from fieldops.web.admin.room import blueprint

__all__ = ["accounts", "audit", "blueprint", "choices", "crews", "depots", "services", "shifts"]
