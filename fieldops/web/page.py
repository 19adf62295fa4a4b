"""What every page shares: language, theme, figures as people write them, static files by content."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, request
from flask_login import current_user
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from fieldops import clock, i18n
from fieldops.config import ROOT
from fieldops.domain.roles import Right, may
from fieldops.extensions import db
from fieldops.installation import Installation
from fieldops.queries.users import roles_of
from fieldops.web.words import WORDS

THEMES = ("light", "dark", "sun")


def installation() -> Installation:
    """Return this application's installation."""
    found: Installation = current_app.extensions["fieldops"]
    return found


@lru_cache(maxsize=512)
def _content_version(path: Path, changed_ns: int) -> str:
    del changed_ns  # part of the cache key: a changed file gets a new version without a restart
    return hashlib.sha256(path.read_bytes()).hexdigest()[:10]


@pass_context  # else Jinja works out `1 | words('severity')` once, in the language of the first reader
def _in_words(_context: Context, code: Any, kind: str) -> Any:
    return WORDS[kind][code]() if code in WORDS[kind] else code


def register_page_context(app: Flask) -> None:
    """Give templates their filters and shared values."""
    app.jinja_env.filters.update(
        number=i18n.number,
        date=i18n.date_words,
        time=i18n.time_words,
        clock=i18n.clock_words,
        moment=i18n.moment_words,
        duration=i18n.duration_words,
        distance=i18n.distance_words,
        words=_in_words,
    )
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True

    @app.url_defaults
    def version_static(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "filename" in values:
            path = ROOT / "static" / values["filename"]
            if path.is_file():
                values["v"] = _content_version(path, path.stat().st_mtime_ns)

    @app.context_processor
    def shared() -> dict[str, Any]:
        theme = request.cookies.get("theme", "")
        return {
            "theme": theme if theme in THEMES else None,
            "language": i18n.language(),
            "languages": i18n.LANGUAGES,
            "city": installation().city,
            "is_demo": installation().settings.demo,
            "now": clock.now(),
            "may": lambda right: (
                current_user.is_authenticated and may(roles_of(db.session(), current_user.id), Right(right))
            ),
            "html": Markup,
        }
