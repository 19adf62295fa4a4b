"""What a survey of 100 m says in words: its classes, its vocabulary, and its guide."""

from collections.abc import Mapping
from typing import Any, Final

from fieldops import i18n
from fieldops.i18n import _
from fieldops.models import SegmentSurvey
from fieldops.operations.record_survey import guides
from fieldops.web.words import Said

SURFACE: Final[Mapping[str, Said]] = {
    "asphalt": lambda: _("Asphalt"),
    "concrete": lambda: _("Concrete"),
    "paving": lambda: _("Paving blocks"),
    "gravel": lambda: _("Gravel"),
    "earth": lambda: _("Earth"),
}
CRACK_WIDTH: Final[Mapping[str, Said]] = {
    "none": lambda: _("No cracks"),
    "below_1": lambda: _("Hair cracks, below 1 mm"),
    "1_to_3": lambda: _("1 to 3 mm"),
    "3_to_5": lambda: _("Above 3 up to 5 mm"),
    "above_5": lambda: _("Above 5 mm"),
}
SIDE_DRAIN: Final[Mapping[str, Said]] = {
    "none": lambda: _("There is none"),
    "clean": lambda: _("Clean"),
    "blocked": lambda: _("Silted or blocked"),
    "eroded": lambda: _("Eroded"),
}
CONDITION: Final[Mapping[str, Said]] = {
    "good": lambda: _("Good"),
    "fair": lambda: _("Fair"),
    "light_damage": lambda: _("Light damage"),
    "heavy_damage": lambda: _("Heavy damage"),
}
CONDITION_LOOK: Final = {
    "good": ("done", "check"),
    "fair": ("calm", "minus"),
    "light_damage": ("road", "warning"),
    "heavy_damage": ("bad", "warning"),
}
"""Tone and drawing of a class; the word always stands beside them."""

GUIDE: Final[Mapping[str, Said]] = {
    "holes_per_km": lambda: _("Holes per km, wide cracks above 3 mm (worked examples)"),
    "holes_per_100_m": lambda: _("Holes per 100 m, wide cracks above 5 mm (survey form)"),
}
WHY_NONE: Final[Mapping[str, Said]] = {
    "surface": lambda: _("No class: the index is for asphalt alone."),
    "incomplete": lambda: _("No class: not everything that the index needs was looked at."),
}

FIRST_END: Final[Mapping[str, Said]] = {
    "north": lambda: _("Metres count from the northern end."),
    "north_east": lambda: _("Metres count from the north-eastern end."),
    "east": lambda: _("Metres count from the eastern end."),
    "south_east": lambda: _("Metres count from the south-eastern end."),
    "south": lambda: _("Metres count from the southern end."),
    "south_west": lambda: _("Metres count from the south-western end."),
    "west": lambda: _("Metres count from the western end."),
    "north_west": lambda: _("Metres count from the north-western end."),
    "ring": lambda: _("The street is a ring; metres count as it is drawn."),
}


def guide_words(name: str) -> str:
    """Return a version of the guide in a few words."""
    return str(GUIDE[name]()) if name in GUIDE else name


def guide_choices() -> list[tuple[str, str, str]]:
    """Return (name, words, how holes are reckoned) of every version there is."""
    return [(name, guide_words(name), holes_help(facts)) for name, facts in guides().items()]


def holes_help(facts: Mapping[str, Any]) -> str:
    """Return the unit that a version wants holes in."""
    per_m = float(facts["holes_per_m"])
    if per_m >= 1000.0:
        return str(_("Holes are reckoned per km: 3 holes in 100 m are 30."))
    return str(_("Holes count as they are in 100 m: 3 are 3."))


def stretch_words(from_m: float, to_m: float) -> str:
    """Return where a segment lies along its street: 200–300 m."""
    return f"{i18n.number(from_m)}–{i18n.number(to_m)} m"


def street_words(name: str) -> str:
    """Return a street's name, or that it has none."""
    return name or str(_("Street without a name"))


def holes_words(survey: SegmentSurvey) -> str:
    """Return the holes of a survey in the unit of its guide: 3 (30 per km)."""
    if survey.holes is None:
        return ""
    per_m = float(survey.guide.get("holes_per_m", 100.0))
    counted = survey.holes * per_m / (survey.to_m - survey.from_m)
    unit = _("per km") if per_m >= 1000.0 else _("per 100 m")
    return (
        f"{i18n.number(survey.holes)} ({i18n.number(counted, 0 if counted == round(counted) else 1)} {unit})"
    )


def survey_facts(survey: SegmentSurvey) -> list[tuple[str, str]]:
    """Return what was seen, as (name, words)."""
    area, rut = survey.crack_area_percent, survey.rut_depth_cm
    return [
        (_("Surface"), SURFACE[survey.surface]() if survey.surface in SURFACE else survey.surface),
        (_("Cracked area"), "" if area is None else f"{i18n.number(area, _decimals(area))} %"),
        (
            _("Width of cracks"),
            CRACK_WIDTH[survey.crack_width]() if survey.crack_width in CRACK_WIDTH else "",
        ),
        (_("Holes"), holes_words(survey)),
        (_("Depth of ruts"), "" if rut is None else f"{i18n.number(rut, _decimals(rut))} cm"),
        (_("Side drain"), SIDE_DRAIN[survey.side_drain]() if survey.side_drain in SIDE_DRAIN else ""),
        (_("Note"), survey.words),
        (_("Guide"), guide_words(survey.version)),
    ]


def _decimals(value: float) -> int:
    return 0 if value == round(value) else 1
