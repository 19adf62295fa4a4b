"""Every door of the house is guarded, or stands on the list of those that are open to all."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, IntegerConverter

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.roles import Right
from fieldops.extensions import db
from fieldops.models import ServiceRequest
from fieldops.tasks.registry import LEASES_S, TASKS
from fieldops.tasks.schedule import SCHEDULE
from fieldops.web.protection import GUARDED

ROOT = Path(__file__).parents[2]
CODE = sorted((ROOT / "fieldops").rglob("*.py"))

PUBLIC = {
    # Citizens need no account; the link in a message is the key to one report.
    "citizen.home", "citizen.map_page", "citizen.map_list", "citizen.base", "citizen.points",
    "citizen.report",
    "citizen.report_kinds", "citizen.report_sent", "citizen.report_photo", "citizen.similar",
    "citizen.track", "citizen.tracking",
    "citizen.tracking_answer", "citizen.tracking_contact", "citizen.tracking_photo",
    "citizen.tracking_withdraw", "citizen.me_too", "citizen.me_too_sent", "citizen.language_set",
    "citizen.theme_set", "tiles.public_tile",
    # One's own data: a link that was sent opens them, a cookie of these pages keeps them open for a while.
    "citizen.data", "citizen.data_asked", "citizen.data_sent", "citizen.data_link", "citizen.data_link_used",
    "citizen.data_shown", "citizen.data_photo", "citizen.data_name", "citizen.data_contact",
    "citizen.data_contact_undone", "citizen.data_language", "citizen.data_news", "citizen.data_file",
    "citizen.data_pack", "citizen.data_print", "citizen.data_deletion", "citizen.data_deleted",
    "citizen.data_kept", "citizen.data_receipt", "citizen.data_left", "citizen.tracking_data",
    # What everybody may know, for programs; a token in the address opens more, and is proven by itself.
    "ogcapi.landing", "ogcapi.conformance", "ogcapi.api", "ogcapi.collections", "ogcapi.collection",
    "ogcapi.queryables", "ogcapi.items", "ogcapi.item", "ogcapi.tiles", "tiles.token_tile",
    # The link in a conversation by which a place is shown; what vendors call, proven by their signatures.
    "citizen.pin", "citizen.pin_send", "citizen.pin_sent", "webhooks.challenge", "webhooks.event",
    # The way in.
    "account.sign_in", "account.sign_in_sent",
    # The script and the page that a browser keeps; a device's new address, proven by its secret cookie.
    "worker.script", "worker.offline", "worker.key", "worker.renewed",
    # Machines that watch the site; files that are the same for all.
    "health.alive", "health.ready", "static",
}  # fmt: skip
ANY_STAFF = {
    "account.own", "account.own_language", "account.own_password", "account.sign_out",
    "account.devices", "account.device_added", "account.device_tried", "account.device_removed",
}  # fmt: skip
"""Open to whoever has signed in, whatever their role."""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Any:
    settings = Settings(instance_dir=tmp_path_factory.mktemp("site"), database_url="", rate_limits=False)
    app = create_app(settings)
    app.config.update(WTF_CSRF_ENABLED=False)
    yield app
    with app.app_context():
        db.engine.dispose()


def test_every_route_is_guarded_or_on_the_public_list(site: Flask) -> None:
    guarded = {name for name, view in site.view_functions.items() if view in GUARDED}
    assert set(site.view_functions) - guarded == PUBLIC | ANY_STAFF
    assert guarded.isdisjoint(PUBLIC | ANY_STAFF)
    assert set(GUARDED.values()) <= set(Right)


def _example(name: str, part: Any) -> Any:
    if isinstance(part, AnyConverter):
        return min(part.items)
    return 1 if isinstance(part, IntegerConverter) else {"day": "2026-11-25"}.get(name, "x")


def test_no_guarded_route_answers_a_stranger(site: Flask) -> None:
    client = site.test_client()
    for rule in site.url_map.iter_rules():
        if rule.endpoint in PUBLIC:
            continue
        values = {name: _example(name, part) for name, part in rule._converters.items()}
        with site.test_request_context():
            address = site.url_for(rule.endpoint, **values, _external=False)
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            answer = client.open(address, method=method)
            assert answer.status_code in (302, 303), (method, address, answer.status_code)
            assert "/masuk" in answer.headers["Location"], (method, address)


def test_writing_takes_a_post(site: Flask) -> None:
    """Mail scanners open links; so a GET changes nothing but a reader's own cookie."""
    for rule in site.url_map.iter_rules():
        homeserver = {"PUT"} if rule.endpoint == "webhooks.event" else set()  # Matrix puts its events
        assert (rule.methods or set()) <= {"GET", "HEAD", "OPTIONS", "POST"} | homeserver
        assert not {"GET", "POST"} <= (rule.methods or set()), f"{rule.endpoint} reads and writes"


# ---------------------------------------------------------------- tasks


def _calls(path: Path, name: str) -> list[ast.Call]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
    ]


def _tasks_asked_for() -> Iterator[tuple[Path, ast.expr, ast.expr]]:
    """Yield (file, name, payload) of every task that the code queues, alone or among others."""
    for path in CODE:
        for call in _calls(path, "enqueue"):
            yield path, call.args[1], call.args[2]
        for call in _calls(path, "ToDo") if path.name != "outbox.py" else ():
            yield path, call.args[0], call.args[1]


def test_every_task_that_is_asked_for_has_its_operation() -> None:
    asked = set()
    for path, name, _payload in _tasks_asked_for():
        if isinstance(name, ast.Constant):
            asked.add(str(name.value))
        else:
            assert path.name == "schedule.py", f"{path}: a task's name must be written out"
    asked |= {entry.name for entry in SCHEDULE}
    assert asked == set(TASKS), "a task without an operation, or an operation that nobody asks for"
    assert set(LEASES_S) <= set(TASKS)


def test_a_task_carries_ids_only() -> None:
    for path, _name, payload in _tasks_asked_for():
        if path.name == "schedule.py":
            continue
        assert isinstance(payload, ast.Dict), path
        keys = [key.value for key in payload.keys if isinstance(key, ast.Constant)]
        assert all(str(key).endswith("_id") for key in keys), f"{path}: {keys}"


# ---------------------------------------------------------------- privacy


def test_there_is_no_way_from_a_request_to_its_reporter() -> None:
    assert not list(ServiceRequest.__mapper__.relationships)
    assert {key.column.table.name for key in ServiceRequest.__table__.foreign_keys}.isdisjoint(
        {"reporter", "follower"}
    )


REPORTER_ROOMS = ("operations", "demo", "queries/reporters.py", "models")
"""Where the people behind requests may be named; house rules."""


def test_only_few_rooms_know_who_reports() -> None:
    for path in CODE:
        room = str(path.relative_to(ROOT / "fieldops"))
        if room.startswith(REPORTER_ROOMS):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or node.module is None:
                continue
            names = {name.name for name in node.names}
            assert not names & {"Reporter", "Follower", "ContactView"}, f"{room} names a person's row"
            if node.module == "fieldops.queries.reporters" and not room.startswith("web/inbox"):
                assert all(name.endswith("_counts") for name in names), f"{room} asks for more than figures"


def test_sql_stays_out_of_pages_and_flask_out_of_operations() -> None:
    for path in CODE:
        room = path.relative_to(ROOT / "fieldops").parts[0]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = []
            if isinstance(node, ast.ImportFrom) and node.module:
                modules = [node.module]
            elif isinstance(node, ast.Import):
                modules = [name.name for name in node.names]
            for module in modules:
                if (
                    room in ("web", "ogcapi") and path.name != "health.py"
                ):  # asks the database whether it answers
                    assert module != "sqlalchemy", f"{path}: views hold no SQL"
                if room == "operations" and path.name != "write_message.py":  # renders messages/*.txt
                    assert module.split(".")[0] != "flask", f"{path}: operations hold no Flask"
                if room == "domain":
                    assert module.split(".")[0] not in {"flask", "sqlalchemy"}, path


def test_one_clock_and_one_reader_of_the_environment() -> None:
    for path in CODE:
        words = path.read_text(encoding="utf-8")
        if path.name not in ("clock.py", "gunicorn_conf.py"):
            assert "datetime.now(" not in words, f"{path}: ask fieldops.clock"
        if path.name != "config.py" and "serving" not in path.parts:
            assert "os.getenv" not in words, f"{path}: settings come from fieldops.config"


# ---------------------------------------------------------------- layers


@pytest.mark.slow
def test_imports_keep_to_the_contracts() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert "0 broken" in done.stdout
