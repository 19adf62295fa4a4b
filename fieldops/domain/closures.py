"""How a road closure comes about, and what can happen to it."""

from enum import StrEnum


class ClosureOrigin(StrEnum):
    """How a dispatcher said which roads are closed."""

    DRAWN = "drawn"
    STREET = "street"
    PLACE = "place"
    ORDER = "order"


class ClosureChange(StrEnum):
    """A line of a closure's history."""

    CLOSED = "closed"
    REOPENED = "reopened"
