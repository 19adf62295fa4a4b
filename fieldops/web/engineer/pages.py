"""The engineers' page: a map of open clusters, the same as a table, and how it was made."""

from typing import Any, Final

import geopandas as gpd
from flask import render_template, request, url_for

from fieldops import clock, i18n
from fieldops.domain.roles import Right
from fieldops.errors import InvalidInput
from fieldops.extensions import db
from fieldops.i18n import _, ngettext
from fieldops.queries.engineer import AGES_DAYS, ClusterFilter, clusters_shown, read_filter
from fieldops.queries.services import active_services
from fieldops.web.answers import sentence
from fieldops.web.engineer.room import blueprint
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.words import SEVERITY

PAGE_ROWS: Final = 40


@blueprint.get("", endpoint="map")
@requires(Right.SEE_MAPS)
def map_page() -> tuple[str, int]:
    """Show the map with its filters and its table; a filter that cannot be read is said and left out."""
    session = db.session()
    errors: dict[str, str] = {}
    try:
        wanted = read_filter(session, request.args)
    except InvalidInput as error:
        errors, wanted = {error.field or "service": sentence(error)}, ClusterFilter()
    frame = clusters_shown(session, wanted, clock.now())
    pages = max(1, -(-len(frame) // PAGE_ROWS))
    page = min(pages, max(1, request.args.get("page", 1, type=int) or 1))
    language = i18n.language()
    page_words = render_template(
        "engineer/map.html",
        errors=errors,
        wanted=wanted,
        arguments=wanted.arguments(),
        rows=frame.iloc[(page - 1) * PAGE_ROWS : page * PAGE_ROWS].to_dict("records"),
        first_row=(page - 1) * PAGE_ROWS + 1,
        clusters=len(frame),
        reports=int(frame["reports"].sum()),
        oldest=frame["first_reported"].min().to_pydatetime() if len(frame) else None,
        page_number=page,
        pages=pages,
        choices=choices(language),
        name_column=f"name_{language}",
        title=title_words(wanted, language),
        map_url=url_for("engineer.map_document", **_map_query(wanted, frame)),
        epsg=installation().city.epsg,
    )
    return page_words, 422 if errors else 200


def choices(language: str) -> dict[str, list[tuple[Any, str]]]:
    """Return what each filter offers, as (value, words)."""
    return {
        "service": [(one.code, one.name(language)) for one in active_services(db.session())],
        "severity": [(1, _("All")), (2, _("Medium and heavy")), (3, SEVERITY[3]())],
        "age": [
            (0, _("Any age")),
            *((days, ngettext("Over %(num)d day", "Over %(num)d days", days)) for days in AGES_DAYS),
        ],
    }


def title_words(wanted: ClusterFilter, language: str) -> str:
    """Return what is shown, in one line."""
    names = {one.code: one.name(language) for one in active_services(db.session())}
    parts = [names.get(wanted.service, _("All kinds of report"))]
    if wanted.least_severity > 1:
        parts.append(dict(choices(language)["severity"])[wanted.least_severity].lower())
    if wanted.older_than_days:
        parts.append(ngettext("over %(num)d day old", "over %(num)d days old", wanted.older_than_days))
    return ", ".join(parts)


def _map_query(wanted: ClusterFilter, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the filter and the part of the city that the frame's page begins with."""
    bounds = ",".join(f"{edge:.5f}" for edge in frame.total_bounds) if len(frame) else None
    return {**wanted.arguments(), "bounds": bounds}
