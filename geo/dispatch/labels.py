"""Where the breaks of a route cost least, when overtime and lateness have a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from geo.dispatch.drives import INF
from geo.dispatch.problem import Window
from geo.dispatch.tables import Crew, Rest, Tables


def earliest_start(windows: Sequence[Window], at: int) -> int:
    """First moment from `at` on inside a window, both ends included; INF when all have passed."""
    for start, end in windows:
        if at <= end:
            return max(start, at)
    return INF


class Label:
    """A way to come through the day so far: when, at which lateness cost, and by which steps."""

    __slots__ = ("cost", "parent", "step", "time")

    def __init__(self, time: int, cost: float, parent: Label | None, step: int) -> None:
        self.time = time
        self.cost = cost
        self.parent = parent
        self.step = step

    def steps(self) -> list[int]:
        """Stops ≥ 0 and breaks −1, −2, … in the order they come."""
        out: list[int] = []
        label: Label | None = self
        while label is not None and label.parent is not None:
            out.append(label.step)
            label = label.parent
        return out[::-1]


def cheapest_timetable(
    tables: Tables,
    crew: Crew,
    stops: Sequence[int],
    release: Mapping[int, int],
    deadline: Mapping[int, int],
) -> Label:
    """Place the breaks so that overtime and lateness together cost least.

    Where lateness has a price, a later time in the same state may be cheaper: all labels that are not
    dominated in time and cost are kept. Without prices there is one label per state, and it is the earliest.
    Breaks at the end depot count for the shift.

    Returns
    -------
    The last label, cost including overtime; its time is INF when the route is impossible.
    """
    rests = crew.rests
    front: list[list[Label]] = [[Label(crew.departs_s, 0.0, None, 0)]] + [[] for _ in rests]
    _rest_labels(front, rests)
    at = crew.start
    for stop in stops:
        drive = crew.drives.seconds(at, tables.place[stop])
        front = [[Label(x.time + drive, x.cost, x.parent, x.step) for x in labels] for labels in front]
        _rest_labels(front, rests)
        front = [
            _serve_labels(tables, stop, labels, release.get(stop, 0), deadline.get(stop, INF))
            for labels in front
        ]
        _rest_labels(front, rests)
        at = tables.place[stop]
    drive = crew.drives.seconds(at, crew.end)
    front = [[Label(x.time + drive, x.cost, x.parent, x.step) for x in labels] for labels in front]
    _rest_labels(front, rests)
    best = Label(INF, float(INF), None, 0)
    for label in front[-1]:
        cost = label.cost + crew.overtime_cost * max(0, label.time - crew.shift_end_s)
        if label.time <= crew.latest_s and cost < best.cost:
            best = Label(label.time, cost, label.parent, label.step)
    return best


def _rest_labels(front: list[list[Label]], rests: Sequence[Rest]) -> None:
    for state, (windows, length) in enumerate(rests):
        for label in front[state]:
            start = earliest_start(windows, label.time)
            if start < INF:
                front[state + 1].append(Label(start + length, label.cost, label, -1 - state))
        front[state + 1] = _undominated(front[state + 1])


def _serve_labels(tables: Tables, stop: int, labels: list[Label], release: int, deadline: int) -> list[Label]:
    out = []
    for label in labels:
        start = earliest_start(tables.windows[stop], max(label.time, release))
        end = start + tables.service[stop]
        if end <= deadline and start < INF:
            cost = label.cost + tables.late_cost[stop] * max(0, end - tables.due[stop])
            out.append(Label(end, cost, label, stop))
    return _undominated(out)


def _undominated(labels: list[Label]) -> list[Label]:
    if len(labels) < 2:
        return labels
    out: list[Label] = []
    for label in sorted(labels, key=lambda x: (x.time, x.cost)):
        if not out or label.cost < out[-1].cost:
            out.append(label)
    return out
