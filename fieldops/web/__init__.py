"""Pages: one blueprint an audience. Views hold no SQL; they ask queries and call operations."""

from flask import Flask

from fieldops.web.answers import register_errors
from fieldops.web.page import register_page_context
from fieldops.web.protection import register_protection
from fieldops.web.static_files import pack_static_files


def register_web(app: Flask) -> None:
    """Register the blueprints, the error pages and what every page shares."""
    from fieldops.web import admin, citizen, crew, devices, dispatch, engineer, health, inbox, tiles  # noqa: PLC0415  after extensions
    from fieldops.web import service_worker as worker  # noqa: PLC0415
    from fieldops.web.tile_door import TileDoor  # noqa: PLC0415

    pack_static_files(app)  # what is registered last sees an answer first
    register_protection(app)
    register_errors(app)
    register_page_context(app)
    app.wsgi_app = TileDoor(app, app.wsgi_app)  # type: ignore[method-assign]
    # devices is the account's room, with its tokens
    for room in (citizen, devices, crew, dispatch, inbox, engineer, admin, health, tiles, worker):
        app.register_blueprint(room.blueprint)
