"""Learning a classifier from labelled sentences, with the answers it gives to texts it did not learn from.

The same sentences give the same model: nothing here is drawn by chance but the folds, by a fixed seed.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar

from fieldops.errors import InvalidInput
from fieldops.triage.classifier import LONGEST, NEVER, SHORTEST, Figures, Model, softmax
from fieldops.triage.labelled import NOT_A_COMPLAINT, Sentence, each_once
from fieldops.triage.plain_words import without_figures

SEED: Final = 20260101
FOLDS: Final = 5
LEAST_OF_A_KIND: Final = 20
"""A kind with fewer sentences is not learned: it could not be measured."""
MOST_NGRAMS: Final = 60_000
SEEN_IN: Final = 2
"""An n-gram of one text alone is not learned: it says little, and might be a name."""
INVERSE_PENALTY: Final = 20.0
WANTED_PRECISION: Final = 0.95
LEAST_SURE: Final = 0.5

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Proof:
    """What models answered to sentences they had not learned from, in cross-validation.

    `sentences` are those measured; `chances` has shape (sentences, labels), probabilities after calibration.
    """

    sentences: tuple[Sentence, ...]
    labels: tuple[str, ...]
    chances: Figures


def train(sentences: Sequence[Sentence]) -> Model:
    """Return the model that the sentences teach."""
    return train_with_proof(sentences)[0]


def train_with_proof(sentences: Sequence[Sentence]) -> tuple[Model, Proof]:
    """Return the model that the sentences teach, and its cross-validated answers.

    Five folds, stratified by label, over what is not made by a program; made sentences only ever train.
    Temperature and threshold come from these answers, the weights from all sentences together.

    Raises
    ------
    InvalidInput
        Fewer than two kinds have enough sentences.
    """
    known = _enough_of_each(each_once(sentences))
    labels = tuple(sorted({sentence.label for sentence in known}))
    if len(labels) < 2:
        raise InvalidInput(
            "There are too few labelled sentences: two kinds with %(least)s each are needed.",
            least=LEAST_OF_A_KIND,
        )
    measured = [sentence for sentence in known if not sentence.made]
    scores = _scores_of_unseen(known, measured, labels)
    truth = _numbers(measured, labels)
    temperature = _temperature(scores, truth)
    chances = softmax(scores / temperature)
    vectors, regression = _fit(known, labels)
    model = Model(
        labels,
        {ngram: int(row) for ngram, row in vectors.vocabulary_.items()},
        vectors.idf_.astype(np.float64),
        regression.coef_.T.astype(np.float32),
        regression.intercept_.astype(np.float64),
        temperature,
        sure_from(chances, truth, labels),
    )
    return model, Proof(tuple(measured), labels, chances)


def _enough_of_each(sentences: list[Sentence]) -> list[Sentence]:
    counts = Counter(sentence.label for sentence in sentences if not sentence.made)
    return [sentence for sentence in sentences if counts[sentence.label] >= LEAST_OF_A_KIND]


def _numbers(sentences: Sequence[Sentence], labels: Sequence[str]) -> Numbers:
    number = {label: index for index, label in enumerate(labels)}
    return np.array([number[sentence.label] for sentence in sentences], dtype=np.int64)


def _scores_of_unseen(known: list[Sentence], measured: list[Sentence], labels: Sequence[str]) -> Figures:
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - a second, and only to learn

    scores = np.zeros((len(measured), len(labels)))
    made = [sentence for sentence in known if sentence.made]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for learned, unseen in folds.split(np.zeros(len(measured)), _numbers(measured, labels)):
        vectors, regression = _fit([*(measured[row] for row in learned), *made], labels)
        texts = vectors.transform([without_figures(measured[row].text) for row in unseen])
        scores[unseen] = texts @ regression.coef_.T + regression.intercept_
    return scores


def _fit(sentences: list[Sentence], labels: Sequence[str]) -> tuple[Any, Any]:
    """Return the fitted vectorizer and regression; two labels get a column each."""
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415 - as above
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415

    vectors = TfidfVectorizer(
        analyzer="char_wb",
        ngram_range=(SHORTEST, LONGEST),
        sublinear_tf=True,
        lowercase=False,
        min_df=SEEN_IN,
        max_features=MOST_NGRAMS,
    )
    texts = vectors.fit_transform([without_figures(sentence.text) for sentence in sentences])
    regression = LogisticRegression(C=INVERSE_PENALTY, max_iter=3000)
    regression.fit(texts, _numbers(sentences, labels))
    if len(labels) == 2:
        regression.coef_ = np.vstack([-regression.coef_, regression.coef_]) / 2
        regression.intercept_ = np.concatenate([-regression.intercept_, regression.intercept_]) / 2
    return vectors, regression


def _temperature(scores: Figures, truth: Numbers) -> float:
    """Return the divisor of scores under which the truth was likeliest."""
    rows = np.arange(len(truth))

    def surprise(logarithm: float) -> float:
        chances = softmax(scores / np.exp(logarithm))[rows, truth]
        return float(-np.log(np.maximum(chances, 1e-12)).mean())

    return float(np.exp(minimize_scalar(surprise, bounds=(-3.0, 3.0), method="bounded").x))


def sure_from(chances: Figures, truth: Numbers, labels: Sequence[str]) -> float:
    """Return the lowest probability from which on the first kind was right in `WANTED_PRECISION` of texts;
    `NEVER` when no probability is high enough. Texts taken for no complaint are not counted.
    """
    best, first = chances.max(axis=1), chances.argmax(axis=1)
    counted = first != (labels.index(NOT_A_COMPLAINT) if NOT_A_COMPLAINT in labels else -1)
    order = np.argsort(-best[counted], kind="stable")
    right = (first == truth)[counted][order]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    enough = np.flatnonzero(precision >= WANTED_PRECISION)
    if not len(enough):
        return NEVER
    return max(LEAST_SURE, float(best[counted][order][enough[-1]]))
