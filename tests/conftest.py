"""Worlds to test in: a fresh city on SpatiaLite and on PostGIS, both real."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask, g
from flask.testing import FlaskClient
from flask_migrate import upgrade
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from fieldops.app import create_app
from fieldops.config import Settings
from fieldops.domain.city import City
from fieldops.domain.roles import Actor, By, Role
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import Crew, User, UserRole
from fieldops.operations.establish_city import ensure_shifts, establish_city
from fieldops.operations.submit_request import Submission
from fieldops.transaction import transaction
from tests.postgis import PostgisMissing, cluster

DATA = Path(__file__).resolve().parents[1].parent / "shared" / "data"
PASSWORD = "sandi rahasia 2026"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What runs on PostGIS carries its mark, so that --fast can leave it out."""
    for item in items:
        if "[postgis" in item.name or "-postgis" in item.name:
            item.add_marker(pytest.mark.postgis)


@pytest.fixture(scope="session")
def data() -> Path:
    """The real data beside the checkout; tests that need it skip without it."""
    if not DATA.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return DATA


@pytest.fixture(scope="session")
def spatialite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty database file to copy."""
    folder = tmp_path_factory.mktemp("template")
    app = create_app(Settings(instance_dir=folder, database_url="", rate_limits=False))
    with app.app_context():
        upgrade()
        with db.engine.connect() as connection:
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()
    return folder / "fieldops.sqlite"


@pytest.fixture(scope="session")
def spatialite_city(
    spatialite_template: Path, password_hash: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, Path]:
    """Database files to copy: with the city's rows (False), and with its staff and shifts too (True)."""
    files: dict[bool, Path] = {}
    for staffed in (False, True):
        folder = tmp_path_factory.mktemp("staffed" if staffed else "city")
        shutil.copy(spatialite_template, folder / "fieldops.sqlite")
        app = create_app(Settings(instance_dir=folder, database_url="", rate_limits=False), pages=False)
        with app.app_context():
            with transaction() as session:
                establish_city(session, app.extensions["fieldops"].city)
                if staffed:
                    employ(session, app.extensions["fieldops"].city, password_hash)
            db.session.remove()
            with db.engine.connect() as connection:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            db.engine.dispose()
        files[staffed] = folder / "fieldops.sqlite"
    return files


@pytest.fixture(scope="session")
def postgis(worker_id: str) -> Iterator[str]:
    """An address of a migrated, empty PostGIS database of this test process."""
    try:
        with cluster() as running:
            url = running.create_database(f"fieldops_test_{worker_id}_{os.getpid()}")
            yield url
            running.drop_database(f"fieldops_test_{worker_id}_{os.getpid()}")
    except PostgisMissing as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def postgis_migrated(postgis: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    app = create_app(
        Settings(instance_dir=tmp_path_factory.mktemp("pg"), database_url=postgis, rate_limits=False)
    )
    with app.app_context():
        upgrade()
        db.engine.dispose()
    return postgis


@pytest.fixture(params=["spatialite", "postgis"])
def engine_kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database_file(spatialite_city: dict[bool, Path], request: pytest.FixtureRequest) -> Path:
    """The file that a test's database begins as."""
    return spatialite_city["world" in request.fixturenames]


@pytest.fixture
def settings(engine_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings of a fresh installation with a migrated database; on SpatiaLite its city's rows are there."""
    instance = tmp_path / "instance"
    instance.mkdir()
    url = ""
    if engine_kind == "spatialite":
        shutil.copy(request.getfixturevalue("database_file"), instance / "fieldops.sqlite")
    else:
        url = request.getfixturevalue("postgis_migrated")
    return Settings(
        instance_dir=instance,
        database_url=url,
        rate_limits=False,
        secret_key="test secret",
        profile="surakarta",
        push_services="127.0.0.1,fcm.googleapis.com",  # the stand-in, and one that is real
    )


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all the applications that tests make."""
    folder = tmp_path_factory.getbasetemp() / "templates"
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


@pytest.fixture
def app(settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """The application with its city's rows and nothing else, inside its context."""
    made = create_app(settings)
    made.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    made.jinja_env.bytecode_cache = compiled_templates
    made.before_request(forget_the_last_visitor)
    with made.app_context():
        if settings.database_url:
            _empty(settings)
        with transaction() as session:
            establish_city(session, made.extensions["fieldops"].city)
        yield made
        db.session.remove()
        db.engine.dispose()


def forget_the_last_visitor() -> None:
    """Requests made inside one application context share its `g`; on a server each has its own."""
    for name in ("_login_user", "roles", "language"):
        g.pop(name, None)


def _empty(settings: Settings) -> None:
    del settings
    names = ", ".join(f'"{table.name}"' for table in db.metadata.sorted_tables)
    with db.engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@dataclass(frozen=True)
class Member:
    """A member of staff, known outside any session."""

    id: int
    login: str
    name: str
    cookie: str

    def get_id(self) -> str:
        return self.cookie

    @classmethod
    def of(cls, user: User) -> "Member":
        return cls(user.id, user.login, user.name, user.get_id())


@dataclass
class World:
    """A city with staff: one account a role, every crew led, shifts for two weeks."""

    app: Flask
    installation: Installation
    users: dict[Role, Member]
    leaders: dict[str, Member]

    def by(self, role: Role) -> By:
        return By(Actor(role.value), self.users[role].id)

    def leader(self, letter: str) -> By:
        return By(Actor.CREW_LEADER, self.leaders[letter].id)

    def sign_in(self, role: Role, client: FlaskClient | None = None) -> FlaskClient:
        """Return a browser that is signed in."""
        return self.sign_in_as(self.users[role], client)

    def sign_in_as(self, user: Member, client: FlaskClient | None = None) -> FlaskClient:
        browser = client or self.app.test_client()
        with browser.session_transaction() as cookie:
            cookie["_user_id"], cookie["_fresh"] = user.get_id(), True
        return browser


@pytest.fixture(scope="session")
def password_hash() -> str:
    """PASSWORD hashed once: argon2 is slow on purpose, and a world has eleven accounts."""
    return PasswordHasher().hash(PASSWORD)


@pytest.fixture
def world(app: Flask, password_hash: str) -> World:
    installation: Installation = app.extensions["fieldops"]
    with transaction() as session:
        if session.scalar(select(User.id).limit(1)) is None:
            employ(session, installation.city, password_hash)
        staff = {user.id: Member.of(user) for user in session.scalars(select(User))}
        of_login = {member.login: member for member in staff.values()}
        crews = session.scalars(select(Crew).where(Crew.leader_id.is_not(None))).all()
        leaders = {crew.letter: staff[crew.leader_id] for crew in crews if crew.leader_id}
    return World(app, installation, {role: of_login[role.value] for role in Role}, leaders)


def employ(session: Session, city: City, password_hash: str) -> None:
    """Give a city one account a role, a leader for every crew, and shifts for two weeks."""
    users = {
        role: _account(session, role.value, role.value.replace("_", " ").title(), role, password_hash)
        for role in Role
    }
    for crew in session.scalars(select(Crew).order_by(Crew.letter)):
        leader = users[Role.CREW_LEADER]
        if crew.letter != "A":
            login, name = f"regu_{crew.letter.lower()}", f"Regu {crew.letter}"
            leader = _account(session, login, name, Role.CREW_LEADER, password_hash)
        crew.leader_id = leader.id
    ensure_shifts(session, city)
    session.flush()


def _account(session: Session, login: str, name: str, role: Role, password_hash: str) -> User:
    user = User(login=login, name=name, password_hash=password_hash, session_key=f"{login:x<32}")
    session.add(user)
    session.flush()
    session.add(UserRole(user_id=user.id, role=role.value))
    return user


@pytest.fixture
def submission() -> Any:
    """Make a submission; keywords change it."""
    made = 0

    def make(**changes: Any) -> Submission:
        nonlocal made
        made += 1
        values: dict[str, Any] = {
            "service_code": "pothole",
            "words": "Lubang besar di lajur kiri",
            "client_key": f"key-{made}-{os.urandom(4).hex()}",
            "lon": 110.8230,
            "lat": -7.5660,
            "accuracy_m": 8.0,
        }
        return Submission(**(values | changes))

    return make


def next_workday(city_zone: str) -> datetime:
    """Return the next day on which the crews work, at noon UTC."""
    day = datetime.now(UTC) + timedelta(days=1)
    return day + timedelta(days=1) if day.weekday() == 6 else day
