"""Why an order is not in the plan, from the solver's codes and numbers."""

from collections.abc import Mapping
from typing import Any

from fieldops.i18n import _, distance_words, duration_words
from fieldops.i18n import number as figure
from fieldops.models import Crew
from fieldops.operations.pose_problem import DAY_STRIDE
from fieldops.routing.drives import UNREACHABLE_M
from fieldops.web.dispatch.planned_day import Described, LeftOut
from fieldops.web.words import SKILL


def left_out_words(left: LeftOut, orders: Described, crews: Mapping[int, Crew]) -> str:
    """Return the reason as one sentence."""
    facts = left.facts
    reason = str(facts["reason"])
    if reason in ("predecessor", "waits_for_order"):
        return _waits(reason, _number(facts.get("predecessor"), orders))
    if reason == "no_skill":
        skills = ", ".join(SKILL[code]() if code in SKILL else code for code in left.order.skills)
        return _("No crew on duty can do this: it needs %(skills)s.", skills=skills)
    if reason == "no_room":
        said = _("No crew has room: %(binding)s.", binding=_binding(facts.get("binding")))
        return " ".join(part for part in (said, _otherwise(facts, orders, crews)) if part)
    if reason == "pinned_absent":
        crew = crews.get(int(facts.get("crew") or 0))
        return _("It is pinned to %(crew)s, which does not work then.", crew=crew.name if crew else "?")
    if reason == "beyond_limit":
        return _(
            "One plan looks at the %(most)s most pressing orders only.", most=figure(facts.get("limit") or 0)
        )
    if reason == "not_worth":
        return _not_worth(facts, orders, crews)
    if reason == "unreachable":
        return _unreachable(facts)
    return {
        "pinned_elsewhen": _("It is pinned to another day."),
        "not_looked_at": _("It became ready after the plan was computed."),
        "pinned": _("It is tied to a crew that cannot do it."),
        "capacity": _("It needs more material than any vehicle carries."),
        "time_window": _("No crew can be there in time, even with nothing else to do."),
    }.get(reason, reason)


def _unreachable(facts: Mapping[str, Any]) -> str:
    away_m = facts.get("_away_m") or 0
    if away_m < 0:
        return _("No road lies anywhere near it.")
    if away_m > UNREACHABLE_M:
        return _("It lies %(away)s from any road, farther than a crew walks.", away=distance_words(away_m))
    if facts.get("_closures"):
        return _("No open road leads there: streets are closed.")
    return _("There is no way there by road.")


def _waits(reason: str, number: str) -> str:
    if reason == "predecessor":
        return _("Waits for %(number)s, which is not in this plan.", number=number)
    return _("Waits for %(number)s, which is not ready.", number=number)


def _number(order_id: int | None, orders: Described) -> str:
    return orders[order_id][0].number if order_id is not None and order_id in orders else _("another order")


def _binding(code: str | None) -> str:
    return {
        "load": _("the vehicles are full"),
        "time": _("it would come too late"),
        "shift": _("the working hours are used up"),
        "break": _("it would cut into the rest"),
        "precedence": _("the order before it ends too late"),
        "limits": _("the crews have as many stops as they may"),
    }.get(code or "", _("the day is full"))


def _not_worth(facts: Mapping[str, Any], orders: Described, crews: Mapping[int, Crew]) -> str:
    best = facts.get("best") or {}
    crew = crews.get(best.get("vehicle", -1) % DAY_STRIDE)
    cost, worth = duration_words(facts.get("insertion_cost") or 0), duration_words(facts.get("worth") or 0)
    if crew is None:
        return _("It would cost %(cost)s; it is worth %(worth)s today.", cost=cost, worth=worth)
    if best.get("after") in orders:
        return _(
            "The best place is crew %(crew)s after %(number)s: %(cost)s more; it is worth %(worth)s today.",
            crew=crew.letter, number=_number(best["after"], orders), cost=cost, worth=worth,
        )  # fmt: skip
    return _(
        "The best place is crew %(crew)s at the start: %(cost)s more; it is worth %(worth)s today.",
        crew=crew.letter, cost=cost, worth=worth,
    )  # fmt: skip


def _otherwise(facts: Mapping[str, Any], orders: Described, crews: Mapping[int, Crew]) -> str:
    """Return the best place that there would be without the rule that binds, where the solver names it."""
    best = facts.get("best") or {}
    crew = crews.get(best.get("vehicle", -1) % DAY_STRIDE)
    if crew is None:
        return ""
    if best.get("after") in orders:
        number = _number(best["after"], orders)
        return _(
            "If there were room, its best place would be crew %(crew)s after %(number)s.",
            crew=crew.letter,
            number=number,
        )
    return _("If there were room, its best place would be crew %(crew)s at the start.", crew=crew.letter)


def price_words(facts: Mapping[str, Any]) -> str:
    """Return the price of the place just named against the worth, as far as known and not said already."""
    cost, worth = facts.get("insertion_cost"), facts.get("worth")
    if worth is None or facts["reason"] == "not_worth":
        return ""
    if cost is None:
        return _("Worth %(worth)s of driving today.", worth=duration_words(worth))
    return _("There: %(cost)s more, worth %(worth)s.", cost=duration_words(cost), worth=duration_words(worth))


def reason_name(code: str) -> str:
    """Return a reason in a word or two, for counting."""
    return {
        "no_skill": _("No crew can do it"),
        "unreachable": _("No way there"),
        "predecessor": _("Waits for another order"),
        "waits_for_order": _("Waits for another order"),
        "pinned": _("Pinned to a crew that cannot"),
        "pinned_absent": _("Pinned to an absent crew"),
        "pinned_elsewhen": _("Pinned to another day"),
        "capacity": _("Too much material"),
        "time_window": _("Not in its hours"),
        "no_room": _("No crew has time"),
        "not_worth": _("Too far for its worth"),
        "beyond_limit": _("Beyond the most pressing"),
        "not_looked_at": _("Not looked at yet"),
    }.get(code, code)


def violation_words(code: str) -> str:
    """Return which rule the independent check found broken."""
    return {
        "structure": _("The plan is not complete"),
        "frozen": _("Work under way was changed"),
        "skills": _("A crew lacks a skill"),
        "pinned": _("An order left its crew"),
        "precedence": _("An order comes before the one it waits for"),
        "load": _("A vehicle is overloaded"),
        "reload": _("Too many reloads"),
        "break": _("A rest is missing or at the wrong time"),
        "window": _("A stop is outside its hours"),
        "shift": _("A shift is exceeded"),
        "road": _("A way does not exist"),
        "limits": _("A crew has too many stops"),
        "times": _("The times do not add up"),
        "sums": _("The sums do not add up"),
        "score": _("The price does not add up"),
    }.get(code, code)
