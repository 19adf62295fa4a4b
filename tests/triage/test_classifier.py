"""Learning, reading, and keeping a model."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from fieldops.errors import InvalidInput
from fieldops.triage.classifier import NEVER, Model, ngrams_of, softmax
from fieldops.triage.hazards import usual_hazard_words
from fieldops.triage.labelled import Sentence, each_once, frozen_sentences, starter_sentences
from fieldops.triage.model_card import make_card, measure, wilson
from fieldops.triage.plain_words import without_figures
from fieldops.triage.shipped import shipped_card, shipped_data
from fieldops.triage.training import INVERSE_PENALTY, SEEN_IN, sure_from, train, train_with_proof

KINDS = ("pothole", "blocked_drain", "none")


def few() -> list[Sentence]:
    """Thirty sentences a kind, of three kinds."""
    written = [sentence for sentence in starter_sentences() if not sentence.made]
    return [one for kind in KINDS for one in [s for s in written if s.label == kind][:30]]


@pytest.fixture(scope="module")
def model() -> Model:
    return train(few())


@pytest.fixture(scope="module")
def shipped() -> Model:
    return Model.from_bytes(shipped_data())


@settings(deadline=None, max_examples=100)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=60))
def test_ngrams_are_those_of_scikit_learn(text: str) -> None:
    theirs = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), lowercase=False).build_analyzer()
    assert list(ngrams_of(text)) == theirs(text)


def test_reading_gives_what_scikit_learn_gives(model: Model) -> None:
    held = few()
    vectors = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, lowercase=False, min_df=SEEN_IN
    )
    texts = vectors.fit_transform([without_figures(one.text) for one in held])
    theirs = LogisticRegression(C=INVERSE_PENALTY, max_iter=3000).fit(texts, [one.label for one in held])
    asked = [one.text for one in frozen_sentences()[:60]]
    scores = theirs.decision_function(vectors.transform([without_figures(text) for text in asked]))
    ours = np.array([model.probabilities(text) for text in asked])
    assert tuple(theirs.classes_) == model.labels
    np.testing.assert_allclose(ours, softmax(scores / model.temperature), atol=1e-5)


def test_the_same_sentences_teach_the_same_model(model: Model) -> None:
    assert train(few()).to_bytes() == model.to_bytes()


def test_a_model_comes_back_as_it_was_kept(model: Model) -> None:
    again = Model.from_bytes(model.to_bytes())
    assert again.to_bytes() == model.to_bytes()
    assert again.suggest("got mampet") == model.suggest("got mampet")


def test_a_damaged_file_is_refused(model: Model) -> None:
    whole = model.to_bytes()
    pickled = io.BytesIO()
    np.save(pickled, np.array([{"a": 1}], dtype=object), allow_pickle=True)
    other = io.BytesIO()
    np.savez(other, format=np.array(2))
    for data in (b"", b"PK", whole[: len(whole) // 2], b"\0" * 500, pickled.getvalue(), other.getvalue()):
        with pytest.raises(InvalidInput):
            Model.from_bytes(data)


def test_two_kinds_are_enough_and_one_is_not() -> None:
    two = [one for one in few() if one.label != "none"]
    learned = train(two)
    assert learned.suggest("selokan mampet penuh lumpur").guesses[0].label == "blocked_drain"
    with pytest.raises(InvalidInput):
        train([one for one in two if one.label == "pothole"])


def test_what_a_program_made_is_never_measured_on() -> None:
    made = [one for one in starter_sentences() if one.made and one.label in KINDS]
    _, proof = train_with_proof([*few(), *made])
    assert not any(one.made for one in proof.sentences)
    assert len(proof.sentences) == len(each_once(few()))


def test_a_later_label_of_a_text_replaces_an_earlier_one() -> None:
    one, two = Sentence("Jalan 12 bolong", "id", "other"), Sentence("jalan 34 bolong ", "id", "pothole")
    assert each_once([one, two]) == [two]


def test_the_threshold_is_where_nineteen_of_twenty_are_right() -> None:
    labels = ("a", "b", "none")
    best = np.linspace(0.99, 0.60, 40)
    chances = np.column_stack([best, 1 - best, np.zeros(40)])
    truth = np.zeros(40, dtype=np.int64)
    truth[20:] = 1
    assert sure_from(chances, truth, labels) == pytest.approx(best[20])  # 20 of 21 right
    assert sure_from(chances, np.ones(40, dtype=np.int64), labels) == NEVER


def test_wilson_and_macro_f1_have_known_answers() -> None:
    share = wilson(np.array([True] * 8 + [False] * 2))
    assert (share.value, round(share.low, 3), round(share.high, 3)) == (0.8, 0.490, 0.943)
    assert wilson(np.array([], dtype=bool)).n == 0
    held = [Sentence(str(n), "id", label) for n, label in enumerate("aabb")]
    chances = np.array([[0.9, 0.1], [0.2, 0.8], [0.1, 0.9], [0.3, 0.7]])
    figure = measure(held, ("a", "b"), chances, 0.75)
    assert figure.macro_f1.value == pytest.approx((2 / 3 + 0.8) / 2)
    assert (figure.sure.value, figure.sure_right.value) == (0.75, pytest.approx(2 / 3))
    assert figure.top3.value == 1.0


def test_the_shipped_version_is_what_its_card_says(shipped: Model) -> None:
    held = frozen_sentences()
    right = sum(
        max(zip(shipped.probabilities(one.text), shipped.labels, strict=True))[1] == one.label for one in held
    )
    card = shipped_card()
    assert right / len(held) == pytest.approx(card["frozen"]["accuracy"]["value"], abs=0.005)
    assert card["frozen"]["macro_f1"]["n"] == len(held)
    assert card["cross_validated"]["starter"]["macro_f1"]["value"] > 0.8
    assert card["hazards"]["recall"]["value"] >= 0.98
    assert card["frozen"]["sure_right"]["value"] >= 0.95


@pytest.mark.slow
def test_the_shipped_version_is_what_the_sentences_teach(shipped: Model) -> None:
    learned, proof = train_with_proof(starter_sentences())
    assert learned.labels == shipped.labels
    assert learned.ngrams == shipped.ngrams
    np.testing.assert_allclose(learned.weights, shipped.weights, atol=1e-2)
    card = make_card(learned, proof, frozen_sentences(), usual_hazard_words())
    shown = shipped_card()["cross_validated"]["starter"]["macro_f1"]["value"]
    assert card["cross_validated"]["starter"]["macro_f1"]["value"] == pytest.approx(shown, abs=0.01)


def test_figures_of_people_are_not_learned(shipped: Model) -> None:
    assert not any(sign in "123456789" for ngram in shipped.ngrams for sign in ngram)
    assert shipped.suggest("jalan bolong 081234567890") == shipped.suggest("jalan bolong 089999999999")


@pytest.mark.parametrize("text", ["", "\0", "😀" * 4096, "x" * 10_000_000, "\ud800"], ids=range(5))
def test_odd_texts_get_a_suggestion(shipped: Model, text: str) -> None:
    found = shipped.suggest(text)
    assert len(found.guesses) == 3
    assert 0.0 <= found.no_complaint <= 1.0
    assert not found.is_sure
