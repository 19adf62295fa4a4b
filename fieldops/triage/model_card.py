"""What a model can and cannot do, in figures with n and intervals."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

import numpy as np

from fieldops.triage.classifier import Figures, Model
from fieldops.triage.hazards import HazardTerms, HazardWord, find_hazards
from fieldops.triage.labelled import NOT_A_COMPLAINT, Sentence, each_once
from fieldops.triage.training import SEED, Numbers, Proof

RESAMPLES: Final = 1_000
Z_95: Final = 1.96
CURVE: Final = (*(round(0.30 + 0.05 * step, 2) for step in range(14)), 0.97, 0.99)


@dataclass(frozen=True)
class Share:
    """A share of `n` with its 95 % interval: Wilson's for counts, the bootstrap's for macro-F1."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ClassLine:
    """One label: how many sentences, and how they were recognised."""

    label: str
    n: int
    precision: float
    recall: float
    f1: float


@dataclass(frozen=True)
class Figure:
    """What one set of sentences shows.

    `top3` and the curve are over complaints; `sure` is the share of complaints at or above the threshold and
    `sure_right` the precision there. `curve` holds (probability, coverage, precision).
    """

    macro_f1: Share
    accuracy: Share
    top3: Share
    sure: Share
    sure_right: Share
    calibration_error: float
    classes: tuple[ClassLine, ...]
    languages: dict[str, dict[str, Share]]
    curve: tuple[tuple[float, float, float | None], ...]


def make_card(
    model: Model, proof: Proof, frozen: Sequence[Sentence], words: Sequence[HazardWord]
) -> dict[str, Any]:
    """Return the model card as JSON holds it: cross-validation, by origin, and the frozen set.

    Frozen sentences whose label the model never learned are left out and counted.
    """
    usable = [sentence for sentence in frozen if sentence.label in model.labels]
    card: dict[str, Any] = {
        "threshold": model.threshold,
        "temperature": model.temperature,
        "ngrams": len(model.ngrams),
        "resamples": RESAMPLES,
        "frozen_left_out": len(frozen) - len(usable),
        "cross_validated": {},
    }
    origins = np.array([sentence.origin for sentence in proof.sentences])
    for origin in sorted(set(origins.tolist())):
        rows = np.flatnonzero(origins == origin)
        measured = [proof.sentences[row] for row in rows]
        card["cross_validated"][origin] = asdict(
            measure(measured, proof.labels, proof.chances[rows], model.threshold)
        )
    if usable:
        chances = np.array([model.probabilities(sentence.text) for sentence in usable])
        card["frozen"] = asdict(measure(usable, model.labels, chances, model.threshold))
        card["hazards"] = hazard_shares(frozen, words)
    return card


def sources(sentences: Sequence[Sentence]) -> dict[str, dict[str, int]]:
    """Return how many texts were learned by where they come from: of complaints, and of what is none."""
    counts: dict[str, dict[str, int]] = {}
    for sentence in each_once(sentences):
        of = counts.setdefault(sentence.origin, {"complaints": 0, "none": 0})
        of["none" if sentence.label == NOT_A_COMPLAINT else "complaints"] += 1
    return counts


def measure(
    sentences: Sequence[Sentence], labels: Sequence[str], chances: Figures, threshold: float
) -> Figure:
    """Return the figures of answers to sentences.

    Parameters
    ----------
    sentences
        What was asked, at least one.
    labels
        The columns of `chances`.
    chances
        Shape (sentences, labels), probabilities.
    threshold
        From where on a suggestion counts as sure.
    """
    truth = np.array([labels.index(sentence.label) for sentence in sentences], dtype=np.int64)
    first = chances.argmax(axis=1)
    kinds = [index for index, label in enumerate(labels) if label != NOT_A_COMPLAINT]
    asked = np.isin(truth, kinds)
    among = chances[:, kinds]
    best = among.max(axis=1)
    hit = np.array(kinds)[among.argmax(axis=1)] == truth
    three = np.array(kinds)[np.argsort(-among, axis=1, kind="stable")[:, :3]]
    in_three = (three == truth[:, None]).any(axis=1)
    sure = best >= threshold
    languages = np.array([sentence.language for sentence in sentences])
    return Figure(
        macro_f1=_macro_f1(truth, first, len(labels)),
        accuracy=wilson(first == truth),
        top3=wilson(in_three[asked]),
        sure=wilson(sure[asked]),
        sure_right=wilson(hit[sure]),
        calibration_error=_calibration_error(chances.max(axis=1), first == truth),
        classes=tuple(_line(label, truth == index, first == index) for index, label in enumerate(labels)),
        languages={
            language: {
                "accuracy": wilson((first == truth)[languages == language]),
                "top3": wilson(in_three[asked & (languages == language)]),
            }
            for language in sorted(set(languages.tolist()))
        },
        curve=tuple(_at(probability, best, hit, asked) for probability in CURVE),
    )


def hazard_shares(sentences: Sequence[Sentence], words: Sequence[HazardWord]) -> dict[str, Any]:
    """Return how many dangers the words find, and how many of their hits are dangers."""
    terms = HazardTerms(words)  # made ready once, not for every sentence
    found = np.array([bool(find_hazards(sentence.text, terms)) for sentence in sentences])
    meant = np.array([sentence.hazard for sentence in sentences])
    return {"recall": asdict(wilson(found[meant])), "precision": asdict(wilson(meant[found]))}


def wilson(hits: np.ndarray[Any, np.dtype[np.bool_]]) -> Share:
    """Return the share of true values with Wilson's 95 % interval; of nothing it is between 0 and 1."""
    n = len(hits)
    if n == 0:
        return Share(0, 0.0, 0.0, 1.0)
    share = float(hits.mean())
    middle = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    reach = Z_95 / (1 + Z_95**2 / n) * np.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return Share(n, share, float(max(0.0, middle - reach)), float(min(1.0, middle + reach)))


def _macro_f1(truth: Numbers, first: Numbers, labels: int) -> Share:
    dice = np.random.default_rng(SEED)
    n = len(truth)
    drawn = [_f1(truth[rows], first[rows], labels) for rows in dice.integers(0, n, (RESAMPLES, n))]
    low, high = np.percentile(drawn, [2.5, 97.5])
    return Share(n, _f1(truth, first, labels), float(low), float(high))


def _f1(truth: Numbers, first: Numbers, labels: int) -> float:
    """Return macro-F1 over the labels that are there."""
    table = np.bincount(truth * labels + first, minlength=labels * labels).reshape(labels, labels)
    there = table.sum(axis=1) > 0
    both = table.sum(axis=0) + table.sum(axis=1)
    return float((2 * table.diagonal()[there] / both[there]).mean())


def _line(label: str, meant: Any, said: Any) -> ClassLine:
    both = int((meant & said).sum())
    precision = both / int(said.sum()) if said.any() else 0.0
    recall = both / int(meant.sum()) if meant.any() else 0.0
    f1 = 2 * precision * recall / (precision + recall) if both else 0.0
    return ClassLine(label, int(meant.sum()), precision, recall, f1)


def _at(probability: float, best: Figures, hit: Any, asked: Any) -> tuple[float, float, float | None]:
    kept = best >= probability
    coverage = float(kept[asked].mean()) if asked.any() else 0.0
    return probability, coverage, float(hit[kept].mean()) if kept.any() else None


def _calibration_error(confidence: Figures, right: Any) -> float:
    """Return the expected calibration error over ten bins: how far confidence is from being right."""
    bins = np.minimum((confidence * 10).astype(int), 9)
    apart = [
        abs(float(confidence[bins == index].mean()) - float(right[bins == index].mean()))
        * (bins == index).mean()
        for index in range(10)
        if (bins == index).any()
    ]
    return float(sum(apart))
