"""Dispatchers and officers: the board, clusters, orders, the day's plan, today, exceptions, reports."""

from fieldops.web.dispatch import (
    board,
    changes,
    closures,
    cluster_decisions,
    cluster_pages,
    exceptions,
    happenings,
    left_out,
    map_places,
    orders,
    photos,
    plans,
    remedies,
    request_pages,
    routes,
    staff_entry,
    today,
)
from fieldops.web.dispatch.room import blueprint

__all__ = [
    "blueprint",
    "board",
    "changes",
    "closures",
    "cluster_decisions",
    "cluster_pages",
    "exceptions",
    "happenings",
    "left_out",
    "map_places",
    "orders",
    "photos",
    "plans",
    "remedies",
    "request_pages",
    "routes",
    "staff_entry",
    "today",
]
