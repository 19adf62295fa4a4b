"""The kind of complaint from words: calibrated logistic regression over character n-grams.

Learning needs scikit-learn and happens in the worker (`training`). Reading needs numpy alone: a model is
plain arrays in one .npz, opened with pickling forbidden, so that a file can hold figures but no program.
"""

import io
import math
import zipfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from fieldops.errors import InvalidInput
from fieldops.triage.labelled import NOT_A_COMPLAINT
from fieldops.triage.plain_words import without_figures

FORMAT: Final = 1
SHORTEST, LONGEST = 2, 5
"""Lengths of the n-grams."""

NEVER: Final = 2.0
"""A threshold that no probability reaches."""

Figures = NDArray[np.float64]


@dataclass(frozen=True)
class Guess:
    """One kind of complaint with its probability."""

    label: str
    probability: float


@dataclass(frozen=True)
class Suggestion:
    """What a text may be about.

    `guesses` are the three likeliest kinds, best first; `no_complaint` is the probability that it is none.
    `is_sure` says that the first one is likely enough to be right in 95 of 100 (`Model.threshold`).
    """

    guesses: tuple[Guess, ...]
    no_complaint: float
    is_sure: bool


@dataclass(frozen=True, eq=False)
class Model:
    """A trained classifier.

    Parameters
    ----------
    labels
        Services' codes and `NOT_A_COMPLAINT`, in the order of the columns.
    ngrams
        The row of each n-gram.
    idf
        Shape (rows,), float64: how rare each n-gram is.
    weights
        Shape (rows, labels), float32.
    intercepts
        Shape (labels,), float64.
    temperature
        What scores are divided by, so that a probability of 0.8 is right in 80 of 100 (Guo et al. 2017).
    threshold
        From this probability on the first guess was right in at least 95 of 100 texts not trained on.
    """

    labels: tuple[str, ...]
    ngrams: dict[str, int]
    idf: Figures
    weights: NDArray[np.float32]
    intercepts: Figures
    temperature: float
    threshold: float

    def probabilities(self, text: str) -> Figures:
        """Return the probability of every label, shape (labels,)."""
        rows, values = self._features(without_figures(text))
        scores = self.intercepts + values @ self.weights[rows].astype(np.float64)
        return softmax(scores / self.temperature)

    def suggest(self, text: str, most: int = 3) -> Suggestion:
        """Return the likeliest kinds of a text; ties go to the label that comes first by name."""
        chances = dict(zip(self.labels, self.probabilities(text).tolist(), strict=True))
        nothing = chances.pop(NOT_A_COMPLAINT, 0.0)
        best = sorted(chances.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
        guesses = tuple(Guess(label, chance) for label, chance in best)
        return Suggestion(guesses, nothing, bool(guesses) and guesses[0].probability >= self.threshold)

    def _features(self, text: str) -> tuple[NDArray[np.int64], Figures]:
        """Return the rows of a text's known n-grams and their weights, of length one together."""
        counts = Counter(row for ngram in ngrams_of(text) if (row := self.ngrams.get(ngram)) is not None)
        rows = np.fromiter(counts.keys(), dtype=np.int64, count=len(counts))
        values = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float64, count=len(counts)))
        values *= self.idf[rows]
        length = math.sqrt(float(values @ values))
        return rows, values / length if length else values

    def to_bytes(self) -> bytes:
        """Return the model as one .npz; the same model gives the same bytes."""
        file = io.BytesIO()
        np.savez_compressed(
            file,
            format=np.array(FORMAT),
            labels=np.array(self.labels),
            ngrams=np.array(sorted(self.ngrams, key=self.ngrams.__getitem__)),
            idf=self.idf,
            weights=self.weights,
            intercepts=self.intercepts,
            limits=np.array([self.temperature, self.threshold]),
        )
        return file.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Model":
        """Return the model that `to_bytes` wrote.

        Raises
        ------
        InvalidInput
            It is no such file, or it is damaged.
        """
        try:
            with np.load(io.BytesIO(data), allow_pickle=False) as file:
                return cls._of({name: file[name] for name in file.files})
        except (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile) as error:
            raise InvalidInput("The file of the suggestion model is damaged.") from error

    @classmethod
    def _of(cls, arrays: dict[str, Any]) -> "Model":
        rows, labels = len(arrays["ngrams"]), len(arrays["labels"])
        shapes = (arrays["idf"].shape, arrays["weights"].shape, arrays["intercepts"].shape)
        if int(arrays["format"]) != FORMAT or shapes != ((rows,), (rows, labels), (labels,)):
            raise ValueError("another format")
        temperature, threshold = arrays["limits"].tolist()
        return cls(
            tuple(arrays["labels"].tolist()),
            {ngram: row for row, ngram in enumerate(arrays["ngrams"].tolist())},
            arrays["idf"],
            arrays["weights"],
            arrays["intercepts"],
            temperature,
            threshold,
        )


def ngrams_of(text: str) -> Iterator[str]:
    """Yield the n-grams within each word and one space around it: scikit-learn's analyzer "char_wb"."""
    for bare in text.split():
        word = f" {bare} "
        for size in range(SHORTEST, LONGEST + 1):
            yield word[:size]
            if size >= len(word):
                break
            for start in range(1, len(word) - size + 1):
                yield word[start : start + size]


def softmax(scores: Figures) -> Figures:
    """Return probabilities from scores along the last axis."""
    raised = np.exp(scores - scores.max(axis=-1, keepdims=True))
    chances: Figures = raised / raised.sum(axis=-1, keepdims=True)
    return chances
