"""Closed roads as GeoJSON, in the form that every map reads."""

from collections.abc import Iterable
from typing import Any

from geoalchemy2.shape import to_shape
from shapely.geometry import mapping

from fieldops import clock, i18n
from fieldops.i18n import _, moment_words
from fieldops.models import RoadClosure
from fieldops.queries.closures import is_in_force


def closure_words(row: RoadClosure) -> str:
    """Return what is closed, in few words."""
    return row.streets or row.note.split("\n")[0][:60] or _("Closed area %(number)s", number=row.id)


def hours_words(row: RoadClosure) -> str:
    """Return from when until when a closure holds."""
    if not is_in_force(row, clock.now()) and row.starts_at > clock.now():
        begins = _("closed from %(at)s", at=moment_words(row.starts_at))
    else:
        begins = _("closed since %(at)s", at=moment_words(row.starts_at))
    if row.ends_at is None:
        return begins
    same_day = i18n.local(row.ends_at).date() == i18n.local(row.starts_at).date()
    until = i18n.time_words(row.ends_at) if same_day else moment_words(row.ends_at)
    return _("%(begins)s until %(until)s", begins=begins, until=until)


def closure_features(rows: Iterable[RoadClosure], urls: dict[int, str] | None = None) -> dict[str, Any]:
    """Return closures as a FeatureCollection; `urls` lead to their pages, for readers who have one."""
    features = []
    for row in rows:
        properties = {
            "kind": "closure",
            "title": closure_words(row),
            "text": ". ".join(part for part in (hours_words(row), row.note) if part),
        }
        if urls and row.id in urls:
            properties["url"] = urls[row.id]
        geometry = mapping(to_shape(row.shape).simplify(0.000005))
        features.append({"type": "Feature", "geometry": _rounded(geometry), "properties": properties})
    return {"type": "FeatureCollection", "features": features}


def _rounded(geometry: dict[str, Any]) -> dict[str, Any]:
    def at(part: Any) -> Any:
        return round(part, 6) if isinstance(part, float) else [at(one) for one in part]

    return {"type": geometry["type"], "coordinates": at(geometry["coordinates"])}
