"""The administrators' card of the suggestions, and rolling back to a version."""

from typing import Any

import pytest

from fieldops import clock
from fieldops.domain.roles import Role
from fieldops.extensions import db
from fieldops.models import TriageModel
from fieldops.transaction import transaction
from fieldops.triage.shipped import shipped_card, shipped_data
from tests.conftest import World
from tests.web.desk import english


@pytest.fixture
def admin(world: World) -> Any:
    return english(world, Role.ADMIN)


def keep(card: dict[str, Any], *, is_active: bool = False, data: bytes | None = None) -> int:
    with transaction() as session:
        version = TriageModel(
            trained_at=clock.now(), sentences=1271, confirmed=0, sentences_digest="0" * 64,
            data=shipped_data() if data is None else data, card=card, is_active=is_active,
        )  # fmt: skip
        session.add(version)
        session.flush()
        return version.id


def test_the_shipped_card_is_shown_with_its_figures(admin: Any) -> None:
    page = admin.get("/admin/usulan").get_data(as_text=True)
    held = shipped_card()["frozen"]["macro_f1"]
    assert "Version that came with FieldOps" in page
    assert f"{held['value'] * 100:.1f}&nbsp;%" in page
    assert f">{held['n']}<" in page
    assert "What it may not be used for" in page
    assert "Not a report" in page


def test_a_version_is_used_again_and_the_newest_followed(admin: Any) -> None:
    old, new = keep(shipped_card()), keep(shipped_card(), is_active=True)
    assert f"Use version {old}" in admin.get("/admin/usulan").get_data(as_text=True)
    assert admin.post(f"/admin/usulan/versi/{old}").status_code == 303
    held = db.session().get_one(TriageModel, old)
    assert (held.is_active, held.is_held) == (True, True)
    assert not db.session().get_one(TriageModel, new).is_active
    page = admin.get("/admin/usulan").get_data(as_text=True)
    assert "Held by hand" in page
    assert "Follow the newest" in page
    assert admin.post("/admin/usulan/terbaru").status_code == 303
    db.session().expire_all()
    assert not db.session().get_one(TriageModel, old).is_held
    assert "Version of the suggestions chosen" in admin.get("/admin/log").get_data(as_text=True)


def test_what_cannot_be_used_is_said(admin: Any) -> None:
    broken = keep({**shipped_card(), "frozen": None}, data=b"PK")
    answer = admin.post(f"/admin/usulan/versi/{broken}")
    assert answer.status_code == 422
    assert "The file of the suggestion model is damaged." in answer.get_data(as_text=True)
    assert admin.post("/admin/usulan/versi/999").status_code == 404
    assert admin.get("/admin/usulan?version=999").status_code == 404
    assert "could not be measured" in admin.get(f"/admin/usulan?version={broken}").get_data(as_text=True)


def test_only_administrators_see_it(world: World) -> None:
    dispatcher = english(world, Role.DISPATCHER)
    assert dispatcher.get("/admin/usulan").status_code == 403
    assert dispatcher.post("/admin/usulan/terbaru").status_code == 403
