"""States of a work order, of a batch and of a stop, and the moves between them."""

from enum import StrEnum
from typing import Final

from fieldops.domain.moves import Move, MoveTable
from fieldops.domain.roles import Actor


class WorkOrderStatus(StrEnum):
    """Where an instruction for work stands."""

    DRAFT = "draft"
    READY = "ready"
    BATCHED = "batched"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    BLOCKED = "blocked"
    CANCELLED = "cancelled"


W = WorkOrderStatus

OPEN_ORDERS: Final = frozenset({W.DRAFT, W.READY, W.BATCHED, W.IN_PROGRESS, W.BLOCKED})


class BlockedReason(StrEnum):
    """Why a crew could not do the work."""

    NOT_FOUND = "not_found"
    NOT_OURS = "not_ours"
    NO_ACCESS = "no_access"
    RAIN = "rain"
    NO_MATERIAL = "no_material"
    HEAVY_EQUIPMENT = "heavy_equipment"
    SAME_PLACE = "same_place"


class PostponedReason(StrEnum):
    """Why a crew puts a stop off until later today; `OTHER` says it in words."""

    CLOSED_NOW = "closed_now"
    TRAFFIC = "traffic"
    RAIN = "rain"
    MATERIAL = "material"
    OTHER = "other"


class RepairKind(StrEnum):
    """What the work left behind."""

    TEMPORARY = "temporary"
    PERMANENT = "permanent"
    RESIDENT_WORK = "resident_work"


PLANNERS = frozenset({Actor.DISPATCHER, Actor.ENGINEER})
SECOND = frozenset({Actor.HEAD, Actor.OFFICER})
DISPATCHER = frozenset({Actor.DISPATCHER})
SYSTEM = frozenset({Actor.SYSTEM})
CREW = frozenset({Actor.CREW_LEADER})

WORK_ORDER_MOVES: Final = MoveTable(
    [
        Move(None, W.DRAFT, PLANNERS | SYSTEM, why="a cluster or an inspection asks for work"),
        Move(None, W.DRAFT, SECOND, frozenset({"rework_of"}), "a second person finds it not good enough"),
        Move(
            W.DRAFT,
            W.READY,
            PLANNERS,
            frozenset({"place", "duration", "skills"}),
            "all that planning needs is known",
        ),
        Move(W.READY, W.BATCHED, DISPATCHER, why="a plan was applied"),
        Move(W.BATCHED, W.READY, SYSTEM, why="recalled, stop removed, or shift ended"),
        Move(W.IN_PROGRESS, W.READY, SYSTEM, why="the shift ended with the work unfinished"),
        Move(W.BATCHED, W.IN_PROGRESS, CREW, frozenset({"arrival"}), "arrived, or a logged override"),
        Move(
            W.READY,
            W.IN_PROGRESS,
            CREW,
            frozenset({"arrival", "removed_stop"}),
            "done by the crew it was taken from, reported late",
        ),
        Move(W.IN_PROGRESS, W.DONE, CREW, frozenset({"after_photo", "repair_kind"}), "with evidence"),
        Move(W.BATCHED, W.BLOCKED, CREW, frozenset({"reason"}), "cannot be done, and why"),
        Move(W.IN_PROGRESS, W.BLOCKED, CREW, frozenset({"reason"}), "cannot be done, and why"),
        Move(W.BLOCKED, W.READY, DISPATCHER, frozenset({"reason"}), "the obstacle is gone"),
        Move(W.BLOCKED, W.CANCELLED, DISPATCHER, frozenset({"reason"}), "it will not be done"),
        Move(W.DRAFT, W.CANCELLED, DISPATCHER, frozenset({"reason"}), "it will not be done"),
        Move(W.READY, W.CANCELLED, DISPATCHER, frozenset({"reason"}), "it will not be done"),
    ]
)


class BatchStatus(StrEnum):
    """Where one crew's ordered work of one shift stands."""

    PROPOSED = "proposed"
    DISPATCHED = "dispatched"
    FINISHED = "finished"
    RECALLED = "recalled"


B = BatchStatus

BATCH_MOVES: Final = MoveTable(
    [
        Move(None, B.PROPOSED, DISPATCHER | SYSTEM, why="a plan was computed"),
        Move(
            B.PROPOSED, B.DISPATCHED, DISPATCHER, frozenset({"accepted_plan"}), "the independent check passed"
        ),
        Move(B.DISPATCHED, B.FINISHED, SYSTEM | CREW, why="all stops ended, or the shift did"),
        Move(B.PROPOSED, B.RECALLED, DISPATCHER | SYSTEM, why="replaced or given up"),
        Move(B.DISPATCHED, B.RECALLED, DISPATCHER, why="started stops stay"),
    ]
)


class StopStatus(StrEnum):
    """Where one visit stands; derived from its events."""

    PLANNED = "planned"
    ON_THE_WAY = "on_the_way"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    RETURNED = "returned"
    REMOVED = "removed"


STARTED_STOPS: Final = frozenset({StopStatus.ON_THE_WAY, StopStatus.ARRIVED})
ENDED_STOPS: Final = frozenset(
    {StopStatus.COMPLETED, StopStatus.BLOCKED, StopStatus.RETURNED, StopStatus.REMOVED}
)


class StopEventKind(StrEnum):
    """What a crew reports of a stop; appended, never overwritten."""

    ACCEPTED = "accepted"
    LEFT = "left"
    ARRIVED = "arrived"
    BEFORE_PHOTO = "before_photo"
    MADE_SAFE = "made_safe"
    COMPLETED = "completed"
    BLOCKED = "blocked"
    POSTPONED = "postponed"
    MERGED = "merged"
    PIN_CORRECTED = "pin_corrected"
    FOUND_NEW = "found_new"
    REORDERED = "reordered"
    HELP = "help"
