"""The whole start: database, city, demonstration, then the process tree."""

import os
import tempfile
from pathlib import Path

import click
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import select

from fieldops.app import create_app
from fieldops.config import Settings, settings_from_environment
from fieldops.database import head_revision, present_revision, require_connection
from fieldops.demo.logins import DEMO_SOURCE, LOGINS
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.models import ServiceRequest
from fieldops.operations.establish_city import ensure_shifts, establish_city
from fieldops.serving.compiling import compile_map
from fieldops.serving.supervisor import run_all
from fieldops.transaction import transaction


def start(host: str, port: int, *, with_demo: bool, check: bool) -> int:
    """Set up what is missing and serve until stopped.

    Parameters
    ----------
    with_demo
        Fill an empty database with the demonstration city.
    check
        Serve a throw-away installation, carry one report through the whole path over HTTP, and stop.

    Returns
    -------
    The exit status.
    """
    if check:
        return _check(host)
    settings = settings_from_environment()
    compile_map(settings.instance_dir, click.echo)
    is_demo = prepare(settings, with_demo=with_demo)
    environment = dict(os.environ) | {
        "FIELDOPS_DEMO": "true" if is_demo else "false",
        "FIELDOPS_PUBLIC_URL": os.environ.get("FIELDOPS_PUBLIC_URL", f"http://{host}:{port}"),
    }
    if is_demo:
        click.echo("demonstration logins:")
        for login in LOGINS:
            click.echo(f"  {login.login:<12} {login.password}   {login.role.value.replace('_', ' ')}")
    return run_all(host, port, env=environment)


def prepare(settings: Settings, *, with_demo: bool, for_check: bool = False) -> bool:
    """Migrate, give the city its rows and its crews their shifts; return whether it is a demonstration."""
    app = create_app(settings, pages=False)
    with app.app_context():
        require_connection(db.engine)
        _migrate_if_old()
        installation: Installation = app.extensions["fieldops"]
        with transaction() as session:
            establish_city(session, installation.city)
            ensure_shifts(session, installation.city)
        if with_demo:
            _load_demo_if_empty(app, for_check=for_check)
        is_demo = db.session.scalar(
            select(ServiceRequest.id).where(ServiceRequest.source == DEMO_SOURCE).limit(1)
        )
        db.session.remove()
        db.engine.dispose()
    return is_demo is not None


def _migrate_if_old() -> None:
    with db.engine.connect() as connection:
        present = present_revision(connection)
    if present != head_revision():
        upgrade()


def _load_demo_if_empty(app: Flask, *, for_check: bool) -> None:
    from fieldops.demo.loading import load_demo  # noqa: PLC0415  pulls in half of science; the second start is quick

    filled = db.session.scalar(select(ServiceRequest.id).limit(1)) is not None
    db.session.remove()
    if not filled and app.extensions["fieldops"].settings.profile == "surakarta":
        load_demo(app, seed=1, photos=not for_check, first_day=not for_check, say=click.echo)


def _check(host: str) -> int:
    from fieldops.serving.check import check_whole_path  # noqa: PLC0415  only --check needs it

    with tempfile.TemporaryDirectory(prefix="fieldops-check-") as folder:
        settings = settings_from_environment().model_copy(
            update={"instance_dir": Path(folder), "database_url": "", "media_url": "", "demo": True}
        )
        compile_map(settings.instance_dir, click.echo)
        prepare(settings, with_demo=True, for_check=True)
        environment = dict(os.environ) | {
            "FIELDOPS_INSTANCE_DIR": folder,
            "FIELDOPS_DEMO": "true",
            "DATABASE_URL": "",
            "MEDIA_URL": "",
        }
        return run_all(host, 0, env=environment, when_ready=check_whole_path)
