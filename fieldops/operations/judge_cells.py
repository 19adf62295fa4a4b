"""From reports to judged cells, by the method that was asked for."""

from collections.abc import Callable
from typing import Final

from fieldops.domain.hotspot_questions import Method, Question
from fieldops.operations.hotspot_ground import Ground, Judged, Material, Report, lay_ground
from fieldops.operations.judge_change import judge_change
from fieldops.operations.judge_clusters import judge_clusters
from fieldops.operations.judge_density import judge_density
from fieldops.operations.judge_likeness import judge_likeness
from fieldops.operations.judge_patterns import judge_patterns
from fieldops.operations.judge_places import judge_places

METHODS: Final[dict[Method, Callable[[Material, Question, Ground, int], Judged]]] = {
    Method.GI_STAR: judge_places,
    Method.EMERGING: judge_patterns,
    Method.COMPARISON: judge_change,
    Method.MORAN: judge_likeness,
    Method.DENSITY: judge_density,
}


def judge_cells(
    material: Material, question: Question, seed: int, report: Report = lambda _percent: None
) -> Judged:
    """Judge the cells of a question.

    Parameters
    ----------
    report
        Told how far it is, in per cent.

    Raises
    ------
    TooFewData
        The data do not allow the map; says what is needed.
    GeoError
        The city's outline is not known, or no residents are.
    """
    ground = lay_ground(material, question)
    report(30)
    if question.method is Method.SCAN:
        judged = judge_clusters(material, question, ground, seed, report)
    else:
        judged = METHODS[Method(question.method)](material, question, ground, seed)
    report(90)
    return judged
