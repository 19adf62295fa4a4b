"""An order's page shows where its figures come from and how its worth is worked out."""

from datetime import timedelta
from typing import Any

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.models import WorkOrder
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import Submit, cluster_of, english, fresh, open_order, report


def alter(order_id: int, **values: Any) -> None:
    with transaction() as session:
        held = session.get_one(WorkOrder, order_id)
        for name, value in values.items():
            setattr(held, name, value)


def test_a_worth_is_shown_as_it_is_worked_out(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    report(world, submission)
    order = open_order(browser, cluster_of(report(world, submission)).id)
    alter(order.id, severity=3, exposure=1.5, due_at=clock.now() + timedelta(days=1))

    page = browser.get(f"/petugas/perintah/{order.id}").text

    assert "Worth" in page
    assert "of driving: heavy ×" in page
    assert "2 reports" in page
    assert "due tomorrow" in page
    assert "× 2.80" in page
    assert "A usual order" in page
    assert "The usual figure for this kind and size." in page
    points = browser.get(f"/petugas/perintah/{order.id}/titik.geojson").json
    assert points["type"] == "FeatureCollection"
    assert len(points["features"]) >= 2


def test_a_correction_is_kept_with_who_and_what(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    order = open_order(browser, cluster_of(report(world, submission)).id)
    form = {"version": order.version, "minutes": "45", "material_amount": "120", "size": "", "note": ""}
    assert browser.post(f"/petugas/perintah/{order.id}", data=form).status_code == 303
    page = browser.get(f"/petugas/perintah/{order.id}").text
    assert "Corrected by hand." in page
    assert "30 → 45 minutes" in page
    assert "material 80 → 120" in page
    taken = browser.post(
        f"/petugas/perintah/{order.id}/taksiran", data={"version": fresh(WorkOrder, order.id).version}
    )
    assert taken.status_code == 303
    assert fresh(WorkOrder, order.id).duration_s == 1800
    refused = browser.post(
        f"/petugas/perintah/{order.id}/terpakai",
        data={"version": fresh(WorkOrder, order.id).version, "minutes": "10"},
    )
    assert refused.status_code == 409
    assert "Only of finished work" in refused.text
    wrong = browser.post(f"/petugas/perintah/{order.id}/terpakai", data={"version": "1", "minutes": "x"})
    assert wrong.status_code == 422
