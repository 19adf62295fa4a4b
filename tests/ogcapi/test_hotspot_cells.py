"""Cells of hotspots as features: those of one run, and of standing questions the newest alone."""

from datetime import timedelta

import pytest

from fieldops.domain.hotspot_questions import Question
from fieldops.domain.roles import THE_SYSTEM, Role
from fieldops.extensions import db
from fieldops.models import HotspotCell
from fieldops.operations.ask_for_hotspots import ask_for_hotspots
from fieldops.tasks.worker import work_until_idle
from fieldops.transaction import transaction
from tests.ogcapi.conftest import City
from tests.reports_on_a_plain import DAYS, LAST_DAY, lay_out, report_all


def computed(city: City, back: int = 0, standing: str = "") -> int:
    last = LAST_DAY - timedelta(days=back)
    question = Question(first=LAST_DAY - timedelta(days=DAYS - 1), last=last)
    with transaction() as session:
        number = ask_for_hotspots(session, question, THE_SYSTEM, standing=standing).id
    work_until_idle(city.world.installation)
    return number


@pytest.fixture
def mapped(city: City) -> City:
    with transaction() as session:
        lay_out(session)
    with transaction() as session:
        report_all(session)
    return city


def test_the_cells_of_one_run_with_their_figures(mapped: City) -> None:
    run, other = computed(mapped), computed(mapped, back=1)
    token = mapped.token(Role.ENGINEER)
    found = mapped.items("hotspot-cells", f"run={run}&limit=10000", token)
    with transaction() as session:
        held = {one.number: one for one in session.query(HotspotCell).filter_by(run_id=run)}
        figures = {number: (one.count, one.band, one.is_tested) for number, one in held.items()}
    assert {
        one["properties"]["cell"]: tuple(one["properties"][name] for name in ("count", "band", "is_tested"))
        for one in found
    } == figures
    assert {one["geometry"]["type"] for one in found} == {"MultiPolygon"}
    hot = mapped.items("hotspot-cells", f"run={run}&band=3", token)
    assert 0 < len(hot) < len(found)
    both = mapped.get("/collections/hotspot-cells/items?limit=1", token).json
    assert both is not None
    assert both["numberMatched"] == len(found) + len(
        mapped.items("hotspot-cells", f"run={other}&limit=10000", token)
    )


def test_of_a_standing_question_the_newest_answer_alone(mapped: City) -> None:
    computed(mapped, back=1, standing="by_road")
    newest = computed(mapped, standing="by_road")
    found = mapped.items("hotspot-cells", "standing=by_road&limit=10000", mapped.token(Role.ENGINEER))
    assert {one["properties"]["run"] for one in found} == {newest}
    db.session.remove()


def test_who_sees_no_maps_gets_no_cells(mapped: City) -> None:
    computed(mapped)
    assert mapped.get("/collections/hotspot-cells/items").status_code == 404
    assert mapped.get("/collections/hotspot-cells/items", mapped.token(Role.OFFICER)).status_code == 404
