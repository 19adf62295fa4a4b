"""Codes in the reader's words: one word for one thing, here and nowhere else."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from fieldops.i18n import _

Said = Callable[[], str]

REQUEST_STATUS: Final[Mapping[Any, Said]] = {
    "submitted": lambda: _("Received"),
    "acknowledged": lambda: _("Verified"),
    "scheduled": lambda: _("Scheduled"),
    "in_progress": lambda: _("Being repaired"),
    "done": lambda: _("Work done"),
    "closed": lambda: _("Finished"),
    "duplicate": lambda: _("Merged"),
    "declined": lambda: _("Declined"),
    "referred": lambda: _("Referred"),
    "reopened": lambda: _("Reopened"),
}
MAP_GROUP: Final[Mapping[Any, Said]] = {
    "unread": lambda: _("To read"),
    "open": lambda: _("Waiting"),
    "in_progress": lambda: _("In hand"),
    "repaired": lambda: _("Repaired"),
    "ended": lambda: _("Ended without repair"),
}
ORDER_STATUS: Final[Mapping[Any, Said]] = {
    "draft": lambda: _("Draft"),
    "ready": lambda: _("Ready"),
    "batched": lambda: _("In a batch"),
    "in_progress": lambda: _("Under way"),
    "done": lambda: _("Done"),
    "blocked": lambda: _("Cannot be done"),
    "cancelled": lambda: _("Cancelled"),
}
BATCH_STATUS: Final[Mapping[Any, Said]] = {
    "proposed": lambda: _("Proposed"),
    "dispatched": lambda: _("Dispatched"),
    "finished": lambda: _("Finished"),
    "recalled": lambda: _("Recalled"),
}
STOP_STATUS: Final[Mapping[Any, Said]] = {
    "planned": lambda: _("Planned"),
    "on_the_way": lambda: _("On the way"),
    "arrived": lambda: _("Arrived"),
    "completed": lambda: _("Done"),
    "blocked": lambda: _("Cannot be done"),
    "returned": lambda: _("Handed back"),
    "removed": lambda: _("Taken off the list"),
}
SEVERITY: Final[Mapping[Any, Said]] = {
    1: lambda: _("Light"),
    2: lambda: _("Medium"),
    3: lambda: _("Heavy"),
}
HELP_REASON: Final[Mapping[Any, Said]] = {
    "hurt": lambda: _("Somebody is hurt"),
    "police": lambda: _("Police or traffic control"),
    "broken": lambda: _("Equipment or vehicle broken"),
    "other": lambda: _("Something else"),
}
POSTPONED_REASON: Final[Mapping[Any, Said]] = {
    "closed_now": lambda: _("No access now, later there is"),
    "traffic": lambda: _("Too much traffic now"),
    "rain": lambda: _("It rains now"),
    "material": lambda: _("Material or equipment comes later"),
    "other": lambda: _("Something else"),
}
CONTACT_REASON: Final[Mapping[Any, Said]] = {
    "ask_location": lambda: _("Ask for the location"),
    "ask_details": lambda: _("Ask for details"),
    "urgent_danger": lambda: _("Urgent danger"),
}
ROLE: Final[Mapping[Any, Said]] = {
    "crew_leader": lambda: _("Crew leader"),
    "dispatcher": lambda: _("Dispatcher"),
    "officer": lambda: _("Department officer"),
    "head": lambda: _("Department head"),
    "engineer": lambda: _("Engineer"),
    "admin": lambda: _("Administrator"),
}
BLOCKED_REASON: Final[Mapping[Any, Said]] = {
    "not_found": lambda: _("Not found"),
    "not_ours": lambda: _("Not our responsibility"),
    "no_access": lambda: _("No access"),
    "rain": lambda: _("Rain"),
    "no_material": lambda: _("Out of material"),
    "heavy_equipment": lambda: _("Needs heavy equipment"),
    "same_place": lambda: _("Same place as another one"),
}
CLOSED_REASON: Final[Mapping[Any, Said]] = {
    "repaired": lambda: _("Repaired"),
    "found_fixed": lambda: _("Found already fixed"),
    "not_found": lambda: _("Nothing found there"),
    "withdrawn": lambda: _("Withdrawn by the reporter"),
}
DECLINED_REASON: Final[Mapping[Any, Said]] = {
    "not_a_defect": lambda: _("Not a defect"),
    "private_land": lambda: _("On private land"),
    "unclear": lambda: _("Too little to go on"),
    "out_of_area": lambda: _("Outside the city"),
}
REPAIR_KIND: Final[Mapping[Any, Said]] = {
    "permanent": lambda: _("Permanent repair"),
    "temporary": lambda: _("Temporary repair"),
    "resident_work": lambda: _("Residents' joint work"),
}
MATERIAL: Final[Mapping[Any, Said]] = {
    "asphalt_kg": lambda: _("Asphalt (kg)"),
    "sediment_l": lambda: _("Sediment (litres)"),
    "none": lambda: _("No material"),
}
SKILL: Final[Mapping[Any, Said]] = {
    "patch": lambda: _("Patching"),
    "heavy": lambda: _("Heavy equipment"),
    "drain": lambda: _("Drain cleaning"),
    "pump": lambda: _("Pumping"),
}
CHANNEL: Final[Mapping[Any, Said]] = {
    "web": lambda: _("Web"),
    "email": lambda: _("E-mail"),
    "whatsapp": lambda: _("WhatsApp"),
    "messenger": lambda: _("Messenger"),
    "instagram": lambda: _("Instagram"),
    "telegram": lambda: _("Telegram"),
    "mastodon": lambda: _("Mastodon"),
    "matrix": lambda: _("Matrix"),
    "sms": lambda: _("Text message"),
    "x": lambda: _("X"),
    "phone": lambda: _("Telephone"),
    "staff": lambda: _("Staff"),
    "crew": lambda: _("Crew"),
    "import": lambda: _("Import"),
    "api": lambda: _("Open311"),
}
LOCATION_SOURCE: Final[Mapping[Any, Said]] = {
    "gps": lambda: _("measured by the phone"),
    "exif": lambda: _("from the photo"),
    "drag": lambda: _("shown on the map"),
    "typed": lambda: _("typed"),
    "text": lambda: _("from the words"),
    "channel": lambda: _("shared location"),
    "import": lambda: _("imported"),
    "staff": lambda: _("set by staff"),
}
HOTSPOT_METHOD: Final[Mapping[Any, Said]] = {
    "gi_star": lambda: _("Hotspots (Gi*)"),
    "emerging": lambda: _("Emerging hotspots"),
    "comparison": lambda: _("Two periods"),
    "scan": lambda: _("Busy circles (scan)"),
    "moran": lambda: _("Local Moran"),
    "density": lambda: _("Density"),
    "rain": lambda: _("Rain and reports"),
    "co_location": lambda: _("Road damage and standing water"),
    "repeats": lambda: _("Repeat repairs"),
    "bias": lambda: _("Reporting bias"),
}
LANGUAGE: Final[Mapping[Any, Said]] = {
    "id": lambda: _("Indonesian"),
    "en": lambda: _("English"),
    "jv": lambda: _("Javanese"),
}
WORDS: Final[Mapping[str, Mapping[Any, Said]]] = {
    "request_status": REQUEST_STATUS,
    "map_group": MAP_GROUP,
    "order_status": ORDER_STATUS,
    "batch_status": BATCH_STATUS,
    "stop_status": STOP_STATUS,
    "help_reason": HELP_REASON,
    "postponed_reason": POSTPONED_REASON,
    "severity": SEVERITY,
    "role": ROLE,
    "blocked_reason": BLOCKED_REASON,
    "closed_reason": CLOSED_REASON,
    "declined_reason": DECLINED_REASON,
    "repair_kind": REPAIR_KIND,
    "material": MATERIAL,
    "skill": SKILL,
    "channel": CHANNEL,
    "contact_reason": CONTACT_REASON,
    "location_source": LOCATION_SOURCE,
    "language": LANGUAGE,
    "hotspot_method": HOTSPOT_METHOD,
}
