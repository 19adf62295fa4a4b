"""The state tables are the product's: written out here once more, row by row, and walked."""

from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldops.domain.help_calls import HELP_MOVES, HelpStatus
from fieldops.domain.moves import Move, MoveTable
from fieldops.domain.pin_proposals import PIN_MOVES, PinStatus
from fieldops.domain.request_states import ENDED, OPEN, REQUEST_MOVES, RequestStatus
from fieldops.domain.roles import Actor
from fieldops.domain.work_order_states import BATCH_MOVES, WORK_ORDER_MOVES, BatchStatus, WorkOrderStatus
from fieldops.errors import Conflict, InvalidInput, NotAllowed

REQUEST_ROWS = """
new          > submitted    | reporter crew_leader system dispatcher officer head | channel
submitted    > acknowledged | dispatcher officer head |
submitted    > acknowledged | crew_leader | order
acknowledged > scheduled    | system | date
scheduled    > acknowledged | system |
acknowledged > in_progress  | crew_leader |
scheduled    > in_progress  | crew_leader |
in_progress  > acknowledged | system |
in_progress  > done         | crew_leader | evidence
done         > closed       | dispatcher officer head engineer reporter system | closed_reason
submitted    > closed       | dispatcher reporter | closed_reason
acknowledged > closed       | dispatcher reporter | closed_reason
submitted    > duplicate    | dispatcher engineer | duplicate_of
acknowledged > duplicate    | dispatcher engineer | duplicate_of
scheduled    > duplicate    | dispatcher engineer | duplicate_of
in_progress  > duplicate    | dispatcher engineer | duplicate_of
reopened     > duplicate    | dispatcher engineer | duplicate_of
duplicate    > acknowledged | dispatcher |
submitted    > declined     | dispatcher officer head | reason words
acknowledged > declined     | dispatcher officer head | reason words
submitted    > referred     | dispatcher officer head | authority words
acknowledged > referred     | dispatcher officer head | authority words
referred     > acknowledged | dispatcher officer head |
done         > reopened     | reporter | words
closed       > reopened     | reporter | words
declined     > reopened     | reporter | words
done         > reopened     | reporter | photo
closed       > reopened     | reporter | photo
declined     > reopened     | reporter | photo
done         > reopened     | dispatcher officer head | words reporters_word
closed       > reopened     | dispatcher officer head | words reporters_word
declined     > reopened     | dispatcher officer head | words reporters_word
reopened     > acknowledged | dispatcher |
reopened     > acknowledged | crew_leader | order
"""

WORK_ORDER_ROWS = """
new         > draft       | dispatcher engineer system |
new         > draft       | head officer | rework_of
draft       > ready       | dispatcher engineer | place duration skills
ready       > batched     | dispatcher |
batched     > ready       | system |
in_progress > ready       | system |
batched     > in_progress | crew_leader | arrival
ready       > in_progress | crew_leader | arrival removed_stop
in_progress > done        | crew_leader | after_photo repair_kind
batched     > blocked     | crew_leader | reason
in_progress > blocked     | crew_leader | reason
blocked     > ready       | dispatcher | reason
blocked     > cancelled   | dispatcher | reason
draft       > cancelled   | dispatcher | reason
ready       > cancelled   | dispatcher | reason
"""

BATCH_ROWS = """
new        > proposed   | dispatcher system |
proposed   > dispatched | dispatcher | accepted_plan
dispatched > finished   | crew_leader system |
proposed   > recalled   | dispatcher system |
dispatched > recalled   | dispatcher |
"""

HELP_ROWS = """
new   > asked    | crew_leader | reason
asked > answered | dispatcher head officer |
"""

PIN_ROWS = """
new      > proposed | crew_leader | place
proposed > taken    | dispatcher head officer |
proposed > left     | dispatcher head officer |
proposed > replaced | crew_leader |
"""

TABLES: list[Any] = [
    pytest.param(REQUEST_MOVES, RequestStatus, REQUEST_ROWS, id="request"),
    pytest.param(WORK_ORDER_MOVES, WorkOrderStatus, WORK_ORDER_ROWS, id="work_order"),
    pytest.param(BATCH_MOVES, BatchStatus, BATCH_ROWS, id="batch"),
    pytest.param(HELP_MOVES, HelpStatus, HELP_ROWS, id="help"),
    pytest.param(PIN_MOVES, PinStatus, PIN_ROWS, id="pin"),
]

Row = tuple[str, str, frozenset[str], frozenset[str]]


def _written(rows: str) -> set[Row]:
    found = set()
    for line in rows.strip().splitlines():
        step, who, needs = (part.strip() for part in line.split("|"))
        source, target = (part.strip() for part in step.split(">"))
        found.add((source, target, frozenset(who.split()), frozenset(needs.split())))
    return found


def _coded(table: MoveTable[Any]) -> set[Row]:
    return {
        (move.source or "new", move.target, frozenset(map(str, move.who)), move.needs) for move in table.moves
    }


@pytest.mark.parametrize(("table", "states", "rows"), TABLES)
def test_the_table_in_code_is_the_one_that_is_written_down(
    table: MoveTable[Any], states: type[StrEnum], rows: str
) -> None:
    assert _coded(table) == _written(rows)
    assert all(move.why for move in table.moves), "a row without its reason"


@pytest.mark.parametrize(("table", "states", "rows"), TABLES)
def test_every_state_can_be_reached_and_none_but_the_end_is_a_trap(
    table: MoveTable[Any], states: type[StrEnum], rows: str
) -> None:
    reached: set[Any] = set()
    front: set[Any] = {None}
    while front:
        front = {target for source in front for target in table.targets(source)} - reached
        reached |= front
    assert reached == set(states)
    ends = {state for state in states if not table.targets(state)}
    assert (
        ends
        == {
            RequestStatus: set(),
            HelpStatus: {HelpStatus.ANSWERED},
            PinStatus: {PinStatus.TAKEN, PinStatus.LEFT, PinStatus.REPLACED},
            WorkOrderStatus: {WorkOrderStatus.DONE, WorkOrderStatus.CANCELLED},
            BatchStatus: {BatchStatus.FINISHED, BatchStatus.RECALLED},
        }[states]
    )


@pytest.mark.parametrize(("table", "states", "rows"), TABLES)
def test_each_step_is_refused_to_everybody_else_and_without_its_facts(
    table: MoveTable[Any], states: type[StrEnum], rows: str
) -> None:
    facts = frozenset().union(*(move.needs for move in table.moves))
    for source in (None, *states):
        for target in states:
            moves = [move for move in table.moves if (move.source, move.target) == (source, target)]
            for actor in Actor:
                mine = [move for move in moves if actor in move.who]
                if not moves:
                    with pytest.raises(Conflict):
                        table.check(source, target, actor, facts)
                elif not mine:
                    with pytest.raises(NotAllowed):
                        table.check(source, target, actor, facts)
                else:
                    assert table.check(source, target, actor, facts) in mine
                    _refused_without_any_needed_fact(table, mine, actor)


def _refused_without_any_needed_fact(table: MoveTable[Any], mine: list[Move[Any]], actor: Actor) -> None:
    for move in mine:
        assert table.check(move.source, move.target, actor, move.needs) in mine
        for fact in move.needs:
            less = move.needs - {fact}
            if any(other.needs <= less for other in mine):
                continue
            with pytest.raises(InvalidInput) as caught:
                table.check(move.source, move.target, actor, less)
            assert caught.value.field in frozenset().union(*(other.needs for other in mine)) - less


WRITTEN = _written(REQUEST_ROWS)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(sorted(RequestStatus)),
        st.sampled_from(sorted(Actor)),
        st.sets(st.sampled_from(sorted({fact for move in REQUEST_MOVES.moves for fact in move.needs}))),
    ),
    max_size=30,
)


@given(STEPS)
def test_no_walk_leaves_the_table(steps: list[tuple[RequestStatus, Actor, set[str]]]) -> None:
    state: RequestStatus | None = None
    for target, actor, facts in steps:
        try:
            REQUEST_MOVES.check(state, target, actor, facts)
        except (Conflict, NotAllowed, InvalidInput):
            assert not any(
                (source, aim) == (state or "new", target) and actor in who and needs <= facts
                for source, aim, who, needs in WRITTEN
            )
            continue
        assert any(
            (source, aim) == (state or "new", target) and actor in who and needs <= facts
            for source, aim, who, needs in WRITTEN
        )
        state = target


def test_open_is_what_open311_calls_open() -> None:
    assert {str(status) for status in OPEN} == {
        "submitted", "acknowledged", "scheduled", "in_progress", "reopened",
    }  # fmt: skip
    assert OPEN.isdisjoint(ENDED)
    assert set(RequestStatus) == OPEN | ENDED


def test_the_crew_never_ends_what_it_repaired() -> None:
    assert not [
        move
        for move in REQUEST_MOVES.moves
        if move.target is RequestStatus.CLOSED and Actor.CREW_LEADER in move.who
    ]


def test_no_table_holds_one_step_twice_for_one_actor_with_the_same_needs() -> None:
    for table in (REQUEST_MOVES, WORK_ORDER_MOVES, BATCH_MOVES, HELP_MOVES, PIN_MOVES):
        rows = [(move.source, move.target, actor, move.needs) for move in table.moves for actor in move.who]
        assert len(rows) == len(set(rows))
