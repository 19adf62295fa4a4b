"""A state table as data: what is not listed cannot happen."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from fieldops.domain.roles import Actor
from fieldops.errors import Conflict, InvalidInput, NotAllowed

State = TypeVar("State", bound=StrEnum)  # the PEP 695 form needs Python 3.12; 3.11 is served


@dataclass(frozen=True)
class Move(Generic[State]):
    """One allowed step.

    `needs` names the facts that must come with it; `why` is the reason the table has the row.
    """

    source: State | None
    target: State
    who: frozenset[Actor]
    needs: frozenset[str] = frozenset()
    why: str = ""


class MoveTable(Generic[State]):
    """All moves of one kind of thing."""

    def __init__(self, moves: Iterable[Move[State]]) -> None:
        self.moves = tuple(moves)

    def targets(self, source: State | None, actor: Actor | None = None) -> frozenset[State]:
        """Return the states reachable from `source` in one move, by `actor` if one is given."""
        return frozenset(
            move.target
            for move in self.moves
            if move.source == source and (actor is None or actor in move.who)
        )

    def check(
        self, source: State | None, target: State, actor: Actor, facts: Iterable[str] = ()
    ) -> Move[State]:
        """Return the move that allows this step.

        Raises
        ------
        Conflict
            No such move exists from the present state.
        NotAllowed
            The move exists, but not for this actor.
        InvalidInput
            A fact that the move needs is missing.
        """
        rows = [move for move in self.moves if move.source == source and move.target == target]
        if not rows:
            raise Conflict(
                "This cannot go from “%(source)s” to “%(target)s”.", source=source or "new", target=target
            )
        mine = [move for move in rows if actor in move.who]
        if not mine:
            raise NotAllowed("Your role may not do this step.")
        given = set(facts)
        for move in mine:
            if move.needs <= given:
                return move
        missing = min((sorted(move.needs - given) for move in mine), key=len)
        raise InvalidInput("This step needs: %(missing)s.", field=missing[0], missing=", ".join(missing))
