"""The application factory."""

from flask import Flask
from flask_compress import Compress
from werkzeug.middleware.proxy_fix import ProxyFix

from fieldops import models  # noqa: F401  the metadata must be complete before the first query
from fieldops.channels.vapid import PushKey
from fieldops.config import ROOT, Settings, settings_from_environment
from fieldops.database import engine_options, open_database
from fieldops.demo.logins import LOGINS
from fieldops.domain.city import load_city
from fieldops.extensions import babel, csrf, db, limiter, login, migrate
from fieldops.i18n import chosen_language
from fieldops.installation import Installation
from fieldops.journal import open_journal
from fieldops.keys import ContactKeyFile, instance_key
from fieldops.media.store import MediaStore
from fieldops.ogcapi import blueprint as ogcapi
from fieldops.routing.roads import roads_of
from fieldops.sealing import Sealer
from fieldops.spool.writer import SpoolWriter
from fieldops.web import register_web
from fieldops.webhooks import blueprint as webhooks


def create_app(settings: Settings | None = None, *, pages: bool = True) -> Flask:
    """Return the site, bound to one database.

    Parameters
    ----------
    settings
        Read from the environment when left out.
    pages
        False for a process that serves none, such as the worker: it starts in half the time.

    Raises
    ------
    SetupError
        Something that FieldOps cannot run without is missing; the message names it.
    """
    settings = settings or settings_from_environment()
    open_journal(settings)
    settings.instance_dir.mkdir(parents=True, exist_ok=True)
    app = Flask(
        "fieldops",
        instance_path=str(settings.instance_dir.resolve()),
        template_folder=str(ROOT / "templates"),
        static_folder=str(ROOT / "static"),
    )
    _configure(app, settings)
    app.extensions["fieldops"] = Installation(
        settings=settings,
        city=load_city(settings.profile),
        sealer=Sealer(
            app.config["SECRET_KEY"],
            settings.contact_key or ContactKeyFile(settings.instance_dir),
        ),
        media=MediaStore(settings.media_address),
        roads=roads_of(settings),
        push_key=PushKey(settings.push_key or instance_key(settings.instance_dir, "push_key")),
    )
    app.extensions["demo_logins"] = LOGINS if settings.demo else ()
    db.init_app(app)
    open_database(app, settings)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    login.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, default_locale="id", locale_selector=chosen_language, default_timezone="UTC")
    Compress(app)
    if pages:
        register_web(app)
        app.extensions["spool"] = SpoolWriter(settings.spool_dir)
        app.register_blueprint(webhooks)
        app.register_blueprint(ogcapi)
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key or instance_key(settings.instance_dir, "secret_key"),
        SQLALCHEMY_DATABASE_URI=settings.sqlalchemy_url,
        SQLALCHEMY_ENGINE_OPTIONS=engine_options(settings),
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "fieldops" / "locale"),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_NAME="fieldops",
        REMEMBER_COOKIE_HTTPONLY=True,
        REMEMBER_COOKIE_SECURE=settings.secure_cookies,
        PERMANENT_SESSION_LIFETIME=12 * 3600,
        # The cookie is the session: an answer that repeats it, and arrives late, would take back what another
        # has changed since, such as a message with its undo, or a sign-out.
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_TIME_LIMIT=12 * 3600,
        # Private pages send no referrer, so its absence proves nothing; token and SameSite cookie do.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=(3 * settings.max_photo_mb + 2) * 1024 * 1024,
        RATELIMIT_ENABLED=settings.rate_limits,
        RATELIMIT_STORAGE_URI="memory://",
        COMPRESS_MIN_SIZE=1400,
        COMPRESS_BR_LEVEL=6,  # 4 by default; Leaflet is 3.5 kB smaller for a few milliseconds
        COMPRESS_ALGORITHM=["br", "gzip"],
    )
