from fieldops.domain.roles import OFFICIALS, RIGHTS, Actor, Right, Role, may


def test_every_role_is_an_actor_and_has_rights() -> None:
    assert {role.value for role in Role} | {"reporter", "system"} == {actor.value for actor in Actor}
    assert set(RIGHTS) == set(Role)
    assert all(RIGHTS.values())


def test_every_right_belongs_to_somebody() -> None:
    assert set().union(*RIGHTS.values()) == set(Right)


def test_rights_add_up_over_roles_and_nobody_has_none() -> None:
    assert not may(frozenset(), Right.SEE_BOARD)
    assert may(frozenset({Role.CREW_LEADER, Role.ENGINEER}), Right.WORK)
    assert may(frozenset({Role.CREW_LEADER, Role.ENGINEER}), Right.SEE_MAPS)
    assert not may(frozenset({Role.CREW_LEADER, Role.ENGINEER}), Right.APPROVE)


def test_who_reports_stays_closed_to_crews_engineers_and_administrators() -> None:
    for role in (Role.CREW_LEADER, Role.ENGINEER, Role.ADMIN):
        assert Right.SEE_CONTACT not in RIGHTS[role]


def test_only_the_dispatcher_sends_crews_out() -> None:
    assert [role for role in Role if Right.APPROVE in RIGHTS[role]] == [Role.DISPATCHER]
    assert {Actor.DISPATCHER, Actor.OFFICER, Actor.HEAD} == OFFICIALS
