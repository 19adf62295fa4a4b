"""Commands: `python -m fieldops --help`."""

import sys
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click
from flask import Flask

from fieldops.config import Settings, settings_from_environment
from fieldops.errors import FieldOpsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Run and look after a FieldOps installation."""


def main() -> None:
    """Run the command line; a known error is one sentence on stderr and exit code 1."""
    try:
        commands(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except FieldOpsError as error:
        click.echo(f"fieldops: {error}", err=True)
        sys.exit(1)


def _app(settings: Settings | None = None) -> Flask:
    from fieldops.app import create_app

    return create_app(settings, pages=False)


def _ready_app() -> Flask:
    """Return the application once its database is known to hold this version's tables."""
    from fieldops.database import require_tables
    from fieldops.extensions import db

    app = _app()
    with app.app_context():
        require_tables(db.engine)
    return app


def _demo_settings() -> Settings:
    return settings_from_environment().model_copy(update={"demo": True})


@commands.command()
def doctor() -> None:
    """Say which database driver, libraries and versions are in use, or what is missing."""
    from fieldops.database import require_connection
    from fieldops.extensions import db
    from fieldops.imports.roads import road_lines
    from fieldops.operations.check_contact_key import contact_key_lines
    from fieldops.queries.map_checks import map_line
    from fieldops.spatialite import find_driver
    from fieldops.tasks.intake import intake_lines

    settings = settings_from_environment()
    if not settings.database_url:
        found = find_driver(settings)
        click.echo(f"driver {found.module.__name__}, SQLite {found.sqlite_version}")
        click.echo(f"SpatiaLite {found.spatialite_version} from {found.library}")
    app = _app()
    with app.app_context():
        require_connection(db.engine)
        click.echo(f"database {db.engine.url.render_as_string(hide_password=True)} answers")
        click.echo(map_line(db.session()))
        for line in contact_key_lines(db.session(), app.extensions["fieldops"]):
            click.echo(line)
        for line in intake_lines(settings):
            click.echo(line)
    for line in road_lines(app.extensions["fieldops"].roads.state()):
        click.echo(line)


@commands.command()
def migrate() -> None:
    """Bring the database to the newest revision and give an empty one its city."""
    from flask_migrate import upgrade

    from fieldops.database import require_connection
    from fieldops.extensions import db
    from fieldops.operations.establish_city import establish_city
    from fieldops.transaction import transaction

    app = _app()
    with app.app_context():
        require_connection(db.engine)
        upgrade()
        with transaction() as session:
            establish_city(session, app.extensions["fieldops"].city)


@commands.command()
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same city.")
@click.option("--photos/--no-photos", default=True, show_default=True, help="Draw placeholder photos.")
def demo(seed: int, photos: bool) -> None:
    """Fill an empty database with the demonstration city of Surakarta."""
    from fieldops.demo.loading import load_demo

    app = _app(_demo_settings())
    with app.app_context():
        load_demo(app, seed=seed, photos=photos, say=click.echo)


@commands.command()
def worker() -> None:
    """Carry out tasks until stopped."""
    from fieldops.tasks.worker import run_worker

    app = _app()
    with app.app_context():
        run_worker(app)


@commands.command()
def intake() -> None:
    """Take in what channels sent until stopped."""
    from fieldops.tasks.stopping import step_back

    step_back()  # before all the rest is imported: that alone is seconds of a core

    from fieldops.tasks.intake import run_intake

    app = _app()
    with app.app_context():
        run_intake(app)


@commands.command()
def scheduler() -> None:
    """Enqueue what is due by the clock until stopped."""
    from fieldops.tasks.schedule import run_scheduler

    app = _app()
    with app.app_context():
        run_scheduler(app)


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option(
    "--demo/--no-demo",
    "with_demo",
    default=True,
    show_default=True,
    help="Fill an empty database with the demo city.",
)
@click.option("--check", is_flag=True, help="Start, run one report through the whole path over HTTP, stop.")
def run(host: str, port: int, with_demo: bool, check: bool) -> None:
    """Set up the database and run the site, its intake, worker and scheduler under one process tree."""
    from fieldops.serving.start import start

    sys.exit(start(host, port, with_demo=with_demo, check=check))


@commands.group()
def user() -> None:
    """Staff accounts."""


@user.command("add")
@click.argument("login")
@click.option("--name", required=True)
@click.option("--role", "roles", multiple=True, required=True)
@click.password_option()
def user_add(login: str, name: str, roles: tuple[str, ...], password: str) -> None:
    """Make an account, such as the first administrator's."""
    from fieldops.operations.change_user import add_user
    from fieldops.transaction import transaction

    app = _ready_app()
    with app.app_context(), transaction() as session:
        add_user(session, login=login, name=name, password=password, roles=roles, by=None)
    click.echo(f"account {login} made")


@commands.command("import-requests")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--mapping", required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and judge every row; write nothing.")
@click.option("--report", type=click.Path(dir_okay=False, path_type=Path), help="CSV of every refused row.")
def import_requests_command(file: Path, mapping: Path, dry_run: bool, report: Path | None) -> None:
    """Import service requests from CSV, TSV, Parquet, GeoJSON or GeoPackage."""
    from fieldops.imports.command import run_import

    app = _ready_app()
    with app.app_context():
        sys.exit(run_import(app, file, mapping, dry_run=dry_run, report=report))


@commands.command("import-roads")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_roads_command(file: Path) -> None:
    """Import streets from an OpenStreetMap extract: .osm.pbf, .osm, .osm.gz, or Overpass JSON.

    The roads in use are replaced when all is read, or stay.
    """
    from fieldops.imports.roads import run_road_import

    app = _ready_app()
    with app.app_context():
        sys.exit(run_road_import(app, file))


@commands.command("group-requests")
@click.option("--ended-too", is_flag=True, help="Group what has ended as well; places get a history.")
def group_requests_command(ended_too: bool) -> None:
    """Group all open requests into clusters."""
    from fieldops.operations.regroup_requests import regroup_requests
    from fieldops.transaction import transaction

    app = _ready_app()
    with app.app_context(), transaction() as session:
        counts: dict[str, Any] = regroup_requests(session, app.extensions["fieldops"], ended_too=ended_too)
    click.echo(", ".join(f"{value} {name}" for name, value in counts.items()))


@commands.command("open-orders")
@click.option("--family", "families", multiple=True, help="Only this family of services; may be repeated.")
def open_orders_command(families: tuple[str, ...]) -> None:
    """Open a work order for every open cluster that has none, as the dispatcher would one by one."""
    from fieldops.domain.roles import Actor, By
    from fieldops.operations.open_work_orders import open_work_orders
    from fieldops.transaction import transaction

    app = _ready_app()
    with app.app_context():
        opened = open_work_orders(
            app.extensions["fieldops"],
            transaction,
            By(Actor.DISPATCHER),
            families=families,
            done=lambda count, of: click.echo(f"{count:,} of {of:,} clusters", err=True),
        )
    click.echo(f"{opened:,} work orders are ready to be planned")


@commands.command("plan-day")
@click.argument("day", type=click.DateTime(["%Y-%m-%d"]))
@click.option("--seconds", default=20.0, show_default=True, help="Time for the search.")
@click.option("--seed", default=1, show_default=True)
@click.option("--dispatch", is_flag=True, help="Send the batches out when the independent check passes.")
def plan_day_command(day: Any, seconds: float, seed: int, dispatch: bool) -> None:
    """Plan one day for all crews and let the referee judge the plan."""
    from fieldops.domain.roles import Actor, By
    from fieldops.operations.dispatch_batch import dispatch_plan
    from fieldops.operations.establish_city import ensure_shifts
    from fieldops.operations.plan_batches import plan_day_now
    from fieldops.queries.plans import get_plan
    from fieldops.transaction import transaction

    app = _ready_app()
    installation = app.extensions["fieldops"]
    with app.app_context():
        chosen: date = day.date()
        with transaction() as session:
            # Noon in the city: midnight elsewhere may be the day before.
            noon = day.replace(hour=12, tzinfo=ZoneInfo(installation.city.time_zone))
            ensure_shifts(session, installation.city, noon, days=1)
        plan_id, words = plan_day_now(installation, chosen, transaction, seconds=seconds, seed=seed)
        click.echo(words)
        if dispatch:
            with transaction() as session:
                batches = dispatch_plan(
                    session, installation, plan_id, get_plan(session, plan_id).version, By(Actor.DISPATCHER)
                )
                click.echo(f"{len(batches)} batches are out")


@commands.command("rotate-contact-key")
@click.option(
    "--wait-s",
    default=30.0,
    show_default=True,
    help="How long every process gets to take a new key up: longer than any unit of work.",
)
@click.option("--only-here", is_flag=True, help="PostgreSQL: no other machine has a copy of the key's file.")
@click.option("--leave-unreadable", is_flag=True, help="Finish although some values open with no key.")
def rotate_contact_key_command(wait_s: float, only_here: bool, leave_unreadable: bool) -> None:
    """Seal everything with a new contact key while the site runs; after an interruption, repeat it."""
    from fieldops.extensions import db
    from fieldops.operations.change_contact_key import Rules, change_contact_key
    from fieldops.transaction import transaction

    app = _ready_app()
    with app.app_context():
        change_contact_key(
            db.session(),
            app.extensions["fieldops"],
            transaction,
            Rules(wait_s, only_here=only_here, leave_unreadable=leave_unreadable),
            say=click.echo,
        )


@commands.command("retention")
@click.option("--dry-run", is_flag=True, help="Say how much is kept longer than promised; delete nothing.")
def retention_command(dry_run: bool) -> None:
    """Forget reporters and their photos a year after their last report ended; the worker does so nightly."""
    from fieldops.extensions import db
    from fieldops.operations.run_retention import overdue, run_retention
    from fieldops.transaction import transaction

    app = _ready_app()
    with app.app_context():
        installation = app.extensions["fieldops"]
        found = overdue(db.session(), installation) if dry_run else run_retention(installation, transaction)
    said = "would be forgotten" if dry_run else "forgotten"
    click.echo(f"{found.people} people {said}, {found.photos} photos besides")


@commands.command("train-triage")
@click.option("--shipped", is_flag=True, help="For developers: write the version that ships anew.")
def train_triage_command(shipped: bool) -> None:
    """Learn anew what words mean, from the starter sentences and the reports that staff confirmed."""
    from fieldops import clock
    from fieldops.operations.train_triage import train_triage
    from fieldops.transaction import transaction
    from fieldops.triage.shipped import write_shipped

    if shipped:
        write_shipped(clock.now().date().isoformat())
        return
    app = _ready_app()
    with app.app_context():
        version = train_triage(app.extensions["fieldops"], transaction)
    click.echo(f"version {version} is learned" if version else "there is nothing new to learn from")
