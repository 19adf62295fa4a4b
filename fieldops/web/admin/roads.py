"""The road network that plans and ways are computed over: what it is, and where it comes from."""

from flask import render_template

from fieldops.domain.roles import Right
from fieldops.web.admin.room import blueprint
from fieldops.web.page import installation
from fieldops.web.protection import requires
from fieldops.web.road_words import fault_words


@blueprint.get("/jalan")
@requires(Right.ADMINISTER)
def roads() -> str:
    """Show the road graph in use and the route server, if there is one."""
    held = installation().roads
    resting = held.server.resting if held.server else None
    return render_template(
        "admin/roads.html",
        state=held.state(),
        server=held.server,
        server_fault=fault_words(resting) if resting else "",
        covers=held.away_m(installation().city.centre) is not None,
    )
