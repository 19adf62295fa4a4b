"""Triage: the kind of complaint from words, against word n-grams and naive Bayes on the same folds.

Quality rows: ``ours`` and ``peer`` are macro-F1 or a share, each with its 95 % interval (bootstrap over
sentences, or Wilson's); made sentences train both sides and are measured on neither. Speed rows: milliseconds
of CPU a text, this process, one thread, the median of three rounds.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from shapely.geometry import LineString

from fieldops.triage.classifier import Model
from fieldops.triage.gazetteer import NameIndex, Place, PlaceKind
from fieldops.triage.hazards import find_hazards, usual_hazard_words
from fieldops.triage.labelled import Sentence, each_once, frozen_sentences, starter_sentences
from fieldops.triage.language import language_of
from fieldops.triage.model_card import Figure, Share, hazard_shares, measure
from fieldops.triage.place_words import PlaceFinder
from fieldops.triage.plain_words import without_figures
from fieldops.triage.severity import severity_of
from fieldops.triage.training import FOLDS, SEED, Proof, train_with_proof
from tests.benchmarks.rows import Row, made_row

NAMES = 20_000
CENTRE, BOUNDS = (110.823, -7.566), (110.76, -7.61, 110.88, -7.51)


def run(quick: bool) -> Iterator[Row]:
    """Measure; yields a row each. Quick: one peer, and a tenth of the texts for speed."""
    model, proof = train_with_proof(starter_sentences())
    yield from _quality(model, proof, quick)
    yield from _speed(model, quick)


# ---------------------------------------------------------------- quality


def _quality(model: Model, proof: Proof, quick: bool) -> Iterator[Row]:
    ours = measure(proof.sentences, proof.labels, proof.chances, model.threshold)
    held = frozen_sentences()
    ours_held = _of_model(model, held)
    for name in ("word_ngrams",) if quick else ("word_ngrams", "naive_bayes"):
        peer, peer_held = _peer(name, proof, held)
        yield _compared(f"cross_validated/macro_f1/{name}", ours.macro_f1, peer.macro_f1)
        yield _compared(f"cross_validated/top3/{name}", ours.top3, peer.top3)
        yield _compared(f"frozen/macro_f1/{name}", ours_held.macro_f1, peer_held.macro_f1)
        yield _compared(f"frozen/top3/{name}", ours_held.top3, peer_held.top3)
    sure = ours_held.sure_right
    yield made_row(
        "frozen/sure_right", sure.n, sure.value, None, ">= 0.95", sure.value >= 0.95,
        low=sure.low, high=sure.high, coverage=ours_held.sure.value,
    )  # fmt: skip
    found = hazard_shares(held, usual_hazard_words())
    recall = found["recall"]
    yield made_row(
        "frozen/hazard_recall", recall["n"], recall["value"], None, ">= 0.98", recall["value"] >= 0.98,
        low=recall["low"], high=recall["high"], precision=found["precision"]["value"],
    )  # fmt: skip
    right = [language_of(one.text) == one.language for one in held]
    yield made_row("frozen/language", len(right), float(np.mean(right)), None, None, None)


def _compared(name: str, ours: Share, peer: Share) -> Row:
    more = {"low": ours.low, "high": ours.high, "peer_low": peer.low, "peer_high": peer.high}
    return made_row(name, ours.n, ours.value, peer.value, "above the peer", ours.value > peer.value, **more)


def _of_model(model: Model, sentences: Sequence[Sentence]) -> Figure:
    chances = np.array([model.probabilities(one.text) for one in sentences])
    return measure(sentences, model.labels, chances, model.threshold)


def _peer(name: str, proof: Proof, held: Sequence[Sentence]) -> tuple[Figure, Figure]:
    """A peer on the very folds, then trained on all and asked the frozen set."""
    from sklearn.model_selection import StratifiedKFold  # noqa: PLC0415 - slow to import

    known = each_once(starter_sentences())
    made = [one for one in known if one.made]
    measured, labels = list(proof.sentences), proof.labels
    truth = np.array([labels.index(one.label) for one in measured])
    chances = np.zeros(proof.chances.shape)
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=SEED)
    for learned, unseen in folds.split(np.zeros(len(measured)), truth):
        fitted = _fitted(name, [*(measured[row] for row in learned), *made])
        chances[unseen] = fitted.predict_proba([without_figures(measured[row].text) for row in unseen])
    fitted = _fitted(name, known)
    asked = fitted.predict_proba([without_figures(one.text) for one in held])
    return measure(measured, labels, chances, 0.5), measure(held, labels, asked, 0.5)


def _fitted(name: str, sentences: Sequence[Sentence]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer  # noqa: PLC0415
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415
    from sklearn.naive_bayes import ComplementNB  # noqa: PLC0415
    from sklearn.pipeline import make_pipeline  # noqa: PLC0415

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    last = LogisticRegression(C=20.0, max_iter=3000) if name == "word_ngrams" else ComplementNB(alpha=0.3)
    fitted = make_pipeline(words, last)
    return fitted.fit([without_figures(one.text) for one in sentences], [one.label for one in sentences])


# ---------------------------------------------------------------- speed


def _speed(model: Model, quick: bool) -> Iterator[Row]:
    texts = [one.text for one in frozen_sentences()][:: 10 if quick else 1]
    data = model.to_bytes()
    yield _timed("time/open_model", [""], lambda _: Model.from_bytes(data), 500.0)
    yield _timed("time/kind", texts, model.suggest, 5.0)
    yield _timed("time/hazards_and_severity", texts, lambda text: severity_of(text, find_hazards(text)), 10.0)
    finder = PlaceFinder(NameIndex(_invented(NAMES)), CENTRE, BOUNDS)
    finder.read("jl anu bin anu")
    yield _timed(f"time/places/{NAMES}", texts, finder.read, 20.0)


def _timed(name: str, texts: Sequence[str], work: Callable[[str], object], most_ms: float) -> Row:
    rounds = []
    for _ in range(3):
        began = time.process_time()
        for text in texts:
            work(text)
        rounds.append((time.process_time() - began) / len(texts) * 1e3)
    ours = float(np.median(rounds))
    return made_row(name, len(texts), ours, None, f"< {most_ms:g} ms", ours < most_ms)


def _invented(n: int) -> list[Place]:
    """Streets of one to three invented words, as many as a large city's."""
    dice = random.Random(SEED)
    syllables = "sukowiramajiditanogapulakebusariyomojaneku"
    parts = [syllables[at : at + 2] for at in range(0, len(syllables), 2)]
    line = LineString([(110.80, -7.56), (110.82, -7.57)])

    def word() -> str:
        return "".join(dice.choice(parts) for _ in range(dice.randint(2, 4)))

    names = [" ".join(word() for _ in range(dice.randint(1, 3))) for _ in range(n)]
    return [Place(PlaceKind.STREET, f"Jl. {name}", line) for name in names]
