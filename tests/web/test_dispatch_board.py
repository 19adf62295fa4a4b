"""The board and a cluster's page: what is shown, what is decided, what is refused."""

import re
from typing import Any

import pytest

from fieldops.domain.roles import Role
from fieldops.models import Cluster, ContactView, ServiceRequest, WorkOrder
from fieldops.transaction import transaction
from tests.conftest import World
from tests.web.desk import EAST_100_M, Submit, cluster_of, english, fresh, open_order, report


def test_the_board_puts_unread_reports_first(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    planned = cluster_of(report(world, submission, address="Jl. Lama", severity=3))
    open_order(browser, planned.id)
    report(world, submission, lon=110.83, address="Jl. Baru", severity=1)

    page = browser.get("/petugas").text

    assert page.index("Needs a decision") < page.index("Jl. Baru") < page.index("Work orders")
    assert page.index("Work orders") < page.index("Jl. Lama")
    assert "Priority" in page


def test_the_board_is_searched_by_code_and_street(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    wanted = report(world, submission, address="Jl. Melati")
    report(world, submission, lon=110.83, address="Jl. Kenanga")

    for words in (wanted.code, wanted.code.lower()[4:], "melati"):
        page = browser.get("/petugas", query_string={"q": words}).text
        assert "Jl. Melati" in page
        assert "Jl. Kenanga" not in page
    assert "Nothing fits these filters" in browser.get("/petugas?q=tidak+ada").text


def test_filters_narrow_by_kind_state_and_lateness(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    report(world, submission, address="Jl. Melati")
    report(world, submission, service_code="blocked_drain", lon=110.83, address="Jl. Kenanga")

    assert "Jl. Kenanga" not in browser.get("/petugas?family=road").text
    assert "Jl. Melati" not in browser.get("/petugas?family=drain").text
    assert "Jl. Melati" not in browser.get("/petugas?state=blocked").text
    assert "Jl. Melati" not in browser.get("/petugas?overdue=1").text
    assert "Jl. Melati" in browser.get("/petugas?state=nonsense&page=99").text


@pytest.mark.parametrize("role", [Role.CREW_LEADER])
def test_a_crew_leader_sees_no_board(world: World, role: Role) -> None:
    for path in (
        "/petugas",
        "/petugas/rencana",
        "/petugas/hari-ini",
        "/petugas/pengecualian",
        "/petugas/aduan",
    ):
        assert english(world, role).get(path).status_code == 403


def test_a_visitor_is_asked_to_sign_in(world: World) -> None:
    answer = world.app.test_client().get("/petugas")
    assert answer.status_code == 302
    assert "/masuk" in answer.headers["Location"]


@pytest.mark.parametrize(
    "path",
    [
        "/petugas/kelompok/999", "/petugas/perintah/999", "/petugas/rencana/999", "/petugas/aduan/999",
        "/petugas/rencana/999/kemajuan.json", "/petugas/paket/999/tarik", "/petugas/foto/999-small.jpg",
    ],
)  # fmt: skip
def test_unknown_numbers_are_404(world: World, path: str) -> None:
    assert english(world, Role.DISPATCHER).get(path).status_code == 404


def test_posting_to_unknown_numbers_is_404(world: World) -> None:
    browser = english(world, Role.DISPATCHER)
    for path in ("kelompok/999/perintah", "kelompok/999/verifikasi", "perintah/999", "rencana/999/kirim"):
        assert browser.post(f"/petugas/{path}", data={"version": "1"}).status_code == 404


def test_opening_an_order_counts_reports_as_read(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    first = report(world, submission)

    order = open_order(browser, cluster_of(first).id)

    assert order.status == "ready"
    assert fresh(ServiceRequest, first.id).status == "acknowledged"
    again = browser.post(f"/petugas/kelompok/{order.cluster_id}/perintah")
    assert again.status_code == 409
    assert "has an open work order already" in again.text


def test_an_officer_verifies_but_opens_no_order(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    first = report(world, submission)
    cluster = cluster_of(first)

    assert browser.post(f"/petugas/kelompok/{cluster.id}/perintah").status_code == 403
    done = browser.post(f"/petugas/kelompok/{cluster.id}/verifikasi", data={"version": cluster.version})

    assert done.status_code == 303
    assert fresh(ServiceRequest, first.id).status == "acknowledged"


def test_the_second_of_two_officers_gets_the_present_state(world: World, submission: Submit) -> None:
    first = report(world, submission)
    cluster = cluster_of(first)
    ours = {"version": cluster.version, "reason": "not_a_defect", "words": "Ini tanah pribadi."}
    browser = english(world, Role.OFFICER)
    assert browser.post(f"/petugas/kelompok/{cluster.id}/verifikasi", data=ours).status_code == 303

    late = english(world, Role.HEAD).post(f"/petugas/kelompok/{cluster.id}/tolak", data=ours)

    assert late.status_code == 409
    assert "Somebody else changed this cluster" in late.text
    assert "Verified" in late.text
    assert fresh(ServiceRequest, first.id).status == "acknowledged"


def test_declining_needs_a_reason_and_words(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    first = report(world, submission)
    cluster = cluster_of(first)
    path = f"/petugas/kelompok/{cluster.id}/tolak"
    assert "cannot be undone here" in browser.get(path).text

    wordless = browser.post(path, data={"version": cluster.version, "reason": "unclear", "words": " "})
    assert wordless.status_code == 422
    assert "Write to the reporters why" in wordless.text
    assert 'value="unclear" checked' in wordless.text
    unreasoned = browser.post(path, data={"version": cluster.version, "reason": "bored", "words": "Maaf"})
    assert unreasoned.status_code == 422
    assert "Choose why it is declined" in unreasoned.text
    assert "Maaf" in unreasoned.text

    good = {"version": cluster.version, "reason": "private_land", "words": "Halaman pribadi."}
    assert browser.post(path, data=good).status_code == 303
    assert fresh(ServiceRequest, first.id).status == "declined"
    assert not fresh(Cluster, cluster.id).open
    assert "Halaman pribadi." in browser.get(f"/petugas/kelompok/{cluster.id}").text


def test_referring_names_an_authority(world: World, submission: Submit) -> None:
    browser = english(world, Role.OFFICER)
    first = report(world, submission)
    cluster = cluster_of(first)
    path = f"/petugas/kelompok/{cluster.id}/teruskan"

    nobody = browser.post(
        path, data={"version": cluster.version, "authority": "", "words": "Jalan nasional."}
    )
    assert nobody.status_code == 422
    assert "Name the authority" in nobody.text
    good = {"version": cluster.version, "authority": "BBPJN", "words": "Ini jalan nasional."}
    assert browser.post(path, data=good).status_code == 303
    assert fresh(ServiceRequest, first.id).status == "referred"


def test_only_a_dispatcher_closes_without_repair(world: World, submission: Submit) -> None:
    first = report(world, submission)
    cluster = cluster_of(first)
    path = f"/petugas/kelompok/{cluster.id}/tutup"
    form = {"version": cluster.version, "reason": "found_fixed"}

    assert english(world, Role.OFFICER).post(path, data=form).status_code == 403
    wrong = english(world, Role.DISPATCHER).post(path, data=form | {"reason": "repaired"})
    assert wrong.status_code == 422
    assert "Choose why it is closed" in wrong.text
    assert english(world, Role.DISPATCHER).post(path, data=form).status_code == 303
    assert fresh(ServiceRequest, first.id).closed_reason == "found_fixed"


def test_nothing_is_ended_under_an_open_order(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    cluster = cluster_of(report(world, submission))
    order = open_order(browser, cluster.id)
    form = {"version": fresh(Cluster, cluster.id).version, "reason": "not_found"}

    refused = browser.post(f"/petugas/kelompok/{cluster.id}/tutup", data=form)

    assert refused.status_code == 409
    assert f"Work order {order.number} is open here" in refused.text


def test_merging_is_undone_by_the_toast(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    here, there = report(world, submission), report(world, submission, lon=110.8230 + EAST_100_M)
    kept, ended = cluster_of(here), cluster_of(there)
    shown = browser.get(f"/petugas/kelompok/{kept.id}").text
    assert f"Cluster {ended.id}" in shown
    assert "100 m" in shown

    merged = browser.post(
        f"/petugas/kelompok/{kept.id}/gabung", data={"cluster": ended.id, "version": kept.version}
    )

    assert merged.status_code == 303
    assert fresh(ServiceRequest, there.id).cluster_id == kept.id
    assert browser.get(f"/petugas/kelompok/{ended.id}").headers["Location"].endswith(f"/kelompok/{kept.id}")
    page = browser.get(f"/petugas/kelompok/{kept.id}").text
    assert "2 reports" in page
    assert "joined by" in page
    assert f"Cluster {ended.id} was joined into this one" in page
    undo = {"requests": str(there.id), "version": fresh(Cluster, kept.id).version}
    assert browser.post(f"/petugas/kelompok/{kept.id}/pisah", data=undo).status_code == 303
    parted = fresh(ServiceRequest, there.id).cluster_id
    assert parted not in (kept.id, ended.id, None)
    assert "split off from cluster" in browser.get(f"/petugas/kelompok/{parted}").text


def test_different_kinds_are_not_merged(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    road = cluster_of(report(world, submission))
    drain = cluster_of(report(world, submission, service_code="blocked_drain"))

    refused = browser.post(
        f"/petugas/kelompok/{road.id}/gabung", data={"cluster": drain.id, "version": road.version}
    )

    assert refused.status_code == 409
    assert "Clusters of different kinds stay apart" in refused.text


@pytest.mark.parametrize(("other", "status"), [("", 422), ("x", 422), ("99999", 404)])
def test_merging_with_nothing_is_refused(world: World, submission: Submit, other: str, status: int) -> None:
    cluster = cluster_of(report(world, submission))
    answer = english(world, Role.DISPATCHER).post(
        f"/petugas/kelompok/{cluster.id}/gabung", data={"cluster": other, "version": cluster.version}
    )
    assert answer.status_code == status


def test_splitting_needs_some_but_not_all(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    first, second = report(world, submission), report(world, submission)
    cluster = cluster_of(first)
    assert second.cluster_id == cluster.id
    for chosen in ([], [first.id, second.id], [987654]):
        refused = browser.post(
            f"/petugas/kelompok/{cluster.id}/pisah", data={"requests": chosen, "version": cluster.version}
        )
        assert refused.status_code == 422
        assert "Choose some, not all" in refused.text


def test_a_page_without_its_version_is_refused(world: World, submission: Submit) -> None:
    cluster = cluster_of(report(world, submission))
    answer = english(world, Role.OFFICER).post(f"/petugas/kelompok/{cluster.id}/verifikasi")
    assert answer.status_code == 422
    assert "The page lost the version" in answer.text


# ---------------------------------------------------------------- contacts


def test_a_contact_is_shown_once_asked_and_logged(world: World, submission: Submit) -> None:
    first = report(world, submission, contact="warga@example.org")
    cluster = cluster_of(first)
    browser = english(world, Role.OFFICER)
    assert "warga@example.org" not in browser.get(f"/petugas/kelompok/{cluster.id}").text
    asked = {"request": first.id, "why": "ask_location"}

    unreasoned = browser.post(f"/petugas/kelompok/{cluster.id}/kontak", data={"request": first.id})
    assert unreasoned.status_code == 422
    assert "Choose why you need the contact" in unreasoned.text
    shown = browser.post(f"/petugas/kelompok/{cluster.id}/kontak", data=asked)

    assert shown.status_code == 200
    assert "warga@example.org" in shown.text
    assert "no-store" in shown.headers["Cache-Control"]
    with transaction() as session:
        view = session.query(ContactView).one()
        assert (view.user_id, view.reason) == (world.users[Role.OFFICER].id, "ask_location")


def test_an_engineer_sees_no_contact(world: World, submission: Submit) -> None:
    first = report(world, submission, contact="warga@example.org")
    asked = {"request": first.id, "why": "ask_location"}
    answer = english(world, Role.ENGINEER).post(f"/petugas/kelompok/{first.cluster_id}/kontak", data=asked)
    assert answer.status_code == 403


def test_an_anonymous_reporter_stays_closed(world: World, submission: Submit) -> None:
    first = report(world, submission, contact="warga@example.org", anonymous=True)
    asked = {"request": first.id, "why": "ask_location"}
    answer = english(world, Role.OFFICER).post(f"/petugas/kelompok/{first.cluster_id}/kontak", data=asked)
    assert answer.status_code == 403
    assert "asked to stay anonymous" in answer.text
    assert "warga@example.org" not in answer.text


# ---------------------------------------------------------------- work orders


def _form(order: WorkOrder, **changes: Any) -> dict[str, Any]:
    return {"version": order.version, "minutes": "45", "material_amount": "90"} | changes


def test_two_dispatchers_edit_one_order(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    order = open_order(browser, cluster_of(report(world, submission)).id)
    path = f"/petugas/perintah/{order.id}"
    mine, theirs = _form(order, note="Bawa pompa"), _form(order, note="Tanpa pompa", minutes="15")
    assert browser.post(path, data=mine).status_code == 303

    second = browser.post(path, data=theirs)

    assert second.status_code == 409
    assert "Somebody else changed this work order" in second.text
    assert "Bawa pompa" in second.text
    assert "Tanpa pompa" not in second.text
    assert fresh(WorkOrder, order.id).duration_s == 45 * 60


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("minutes", "", "Give a whole number from 1 to 480"),
        ("minutes", "0", "Give a whole number from 1 to 480"),
        ("material_amount", "-1", "Give a whole number from 0 to"),
        ("size", "x" * 101, "at most 100 characters"),
        ("after", "PK-0000-1", "There is no work order PK-0000-1"),
    ],
)
def test_an_order_refuses_what_cannot_be(
    world: World, submission: Submit, field: str, value: str, sentence: str
) -> None:
    browser = english(world, Role.DISPATCHER)
    order = open_order(browser, cluster_of(report(world, submission)).id)
    answer = browser.post(
        f"/petugas/perintah/{order.id}", data=_form(order, **{field: value, "note": "Tetap"})
    )
    assert answer.status_code == 422
    assert sentence in answer.text
    assert f'href="#{field}"' in answer.text
    assert "Tetap" in answer.text


def test_orders_never_wait_in_a_circle(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    one = open_order(browser, cluster_of(report(world, submission)).id)
    two = open_order(browser, cluster_of(report(world, submission, lon=110.83)).id)
    first = browser.post(f"/petugas/perintah/{two.id}", data=_form(two, after=one.number))
    assert first.status_code == 303

    circle = browser.post(
        f"/petugas/perintah/{one.id}", data=_form(fresh(WorkOrder, one.id), after=two.number)
    )

    assert circle.status_code == 422
    assert "wait for each other in a circle" in circle.text
    assert one.number in browser.get(f"/petugas/perintah/{two.id}").text


def test_cancelling_says_why_and_keeps_the_reports_open(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    first = report(world, submission)
    order = open_order(browser, cluster_of(first).id)
    path = f"/petugas/perintah/{order.id}/batal"

    wordless = browser.post(path, data={"version": order.version})
    assert wordless.status_code == 422
    assert "Write why" in wordless.text
    done = browser.post(path, data={"version": order.version, "words": "Dobel"})
    assert done.status_code == 303

    assert fresh(WorkOrder, order.id).status == "cancelled"
    assert fresh(ServiceRequest, first.id).status == "acknowledged"
    ended = browser.post(f"/petugas/perintah/{order.id}", data=_form(fresh(WorkOrder, order.id)))
    assert ended.status_code == 409
    assert "can no longer be changed" in ended.text


def test_an_engineer_reads_an_order_but_changes_none(world: World, submission: Submit) -> None:
    order = open_order(english(world, Role.DISPATCHER), cluster_of(report(world, submission)).id)
    browser = english(world, Role.ENGINEER)
    assert browser.get(f"/petugas/perintah/{order.id}").status_code == 200
    assert browser.post(f"/petugas/perintah/{order.id}", data=_form(order)).status_code == 403


def test_the_map_is_drawn_from_tiles_whatever_the_filter(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    code = report(world, submission).code
    for query in ("", "family=road", "state=verified", "state=unread&overdue=1", f"q={code}"):
        page = browser.get(f"/petugas?{query}").text
        assert 'data-tiles-url="/petugas/tiles/places/{z}/{x}/{y}.pbf"' in page, query
        assert 'data-point-url="/petugas/kelompok/{id}"' in page
        asked = re.search(r'data-tiles-query="([^"]+)"', page)
        wanted = set(query.split("&")) - {""}
        assert set(asked[1].replace("&amp;", "&").split("&") if asked else ()) == wanted, "as the page is"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("With %s:", "4 m, within a day, “lobang”, “besar”", "Distance", "as long as it is open")),
        ("id", ("Dengan %s:", "4 m, dalam sehari, “lobang”, “besar”", "Jarak", "belum selesai")),
    ],
)
def test_a_cluster_says_why_its_reports_are_together(
    world: World, submission: Submit, language: str, words: tuple[str, ...]
) -> None:
    first = report(world, submission, words="Lubang besar di depan pasar")
    second = report(world, submission, words="ada lobang besar sekali", lon=110.82304)
    browser = world.sign_in(Role.DISPATCHER)
    browser.set_cookie("language", language)
    page = browser.get(f"/petugas/kelompok/{cluster_of(second).id}").text
    for sentence in words:
        assert sentence.replace("%s", first.code) in page


def test_cause_and_effect_are_shown_together_and_untied(world: World, submission: Submit) -> None:
    browser = english(world, Role.DISPATCHER)
    hole = cluster_of(report(world, submission))
    drain = cluster_of(report(world, submission, service_code="blocked_drain", lon=110.82306))
    page = browser.get(f"/petugas/kelompok/{hole.id}").text
    assert "May be the cause: its work goes first" in page
    assert "May come from this: its work goes after" in browser.get(f"/petugas/kelompok/{drain.id}").text
    order = open_order(browser, hole.id)
    open_order(browser, drain.id)
    assert "May be the cause" in browser.get(f"/petugas/perintah/{order.id}").text
    pair = {"cause": drain.id, "effect": hole.id}
    path = f"/petugas/kelompok/{hole.id}/sebab"
    assert english(world, Role.OFFICER).post(path, data=pair).status_code == 403
    assert browser.post(path, data={"cause": "x", "effect": hole.id}).status_code == 422
    assert browser.post(path, data={"cause": hole.id, "effect": hole.id}).status_code == 409
    assert browser.post(path, data={"cause": 9999, "effect": hole.id}).status_code == 404
    assert browser.post(path, data=pair | {"linked": "0"}).status_code == 303
    page = browser.get(f"/petugas/kelompok/{hole.id}").text
    assert "Not linked, by Dispatcher" in page
    assert browser.post(path, data=pair | {"linked": "1"}).status_code == 303
    assert "May be the cause" in browser.get(f"/petugas/kelompok/{hole.id}").text


def test_another_cluster_is_linked_by_hand_from_the_list_or_by_its_number(
    world: World, submission: Submit
) -> None:
    browser = english(world, Role.DISPATCHER)
    hole = cluster_of(report(world, submission))
    drain = cluster_of(report(world, submission, service_code="blocked_drain", lon=110.826))
    page = browser.get(f"/petugas/kelompok/{hole.id}").text
    assert "Link another cluster" in page
    assert f"Cluster {drain.id}" in page
    path = f"/petugas/kelompok/{hole.id}/sebab"
    wrong = browser.post(path, data={"other": "abc", "role": "cause", "linked": "1"})
    assert wrong.status_code == 422
    assert "Give a whole number" in wrong.text
    assert browser.post(path, data={"other": drain.id, "role": "x", "linked": "1"}).status_code == 422
    itself = browser.post(path, data={"other": hole.id, "role": "cause", "linked": "1"})
    assert itself.status_code == 409
    made = browser.post(path, data={"other": drain.id, "role": "cause", "linked": "1"}, follow_redirects=True)
    assert "Linked as cause and effect" in made.text
    assert "The cause, said by Dispatcher: its work goes first" in made.text
    effect = browser.get(f"/petugas/kelompok/{drain.id}").text
    assert "Comes from this, said by Dispatcher: its work goes after" in effect
    circle = browser.post(path, data={"other": drain.id, "role": "effect", "linked": "1"})
    assert circle.status_code == 409
    assert "in a circle" in circle.text
    undone = {"cause": drain.id, "effect": hole.id, "linked": "0"}
    page = browser.post(path, data=undone, follow_redirects=True).text
    assert "No longer linked" in page
    assert "said by Dispatcher" not in page
    assert "Link another cluster" not in english(world, Role.OFFICER).get(f"/petugas/kelompok/{hole.id}").text
