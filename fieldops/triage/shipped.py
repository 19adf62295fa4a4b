"""The version that comes with the program, so that an installation has suggestions before its first night.

It was learned from the starter sentences alone; `python -m fieldops train-triage --shipped` writes it anew.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, Final

from fieldops.triage.hazards import usual_hazard_words
from fieldops.triage.labelled import frozen_sentences, starter_sentences
from fieldops.triage.model_card import make_card
from fieldops.triage.training import train_with_proof

FOLDER: Final = Path(__file__).parent / "shipped"
DATA, CARD = FOLDER / "model.npz", FOLDER / "card.json"


def shipped_data() -> bytes:
    """Return the shipped version's file."""
    return DATA.read_bytes()


@cache
def shipped_card() -> dict[str, Any]:
    """Return the shipped version's card."""
    card: dict[str, Any] = json.loads(CARD.read_text(encoding="utf-8"))
    return card


def write_shipped(day: str) -> None:
    """Learn the shipped version anew and write both files; `day` is the date its card carries."""
    sentences = starter_sentences()
    model, proof = train_with_proof(sentences)
    card = make_card(model, proof, frozen_sentences(), usual_hazard_words())
    card |= {"day": day, "sentences": len(sentences)}
    FOLDER.mkdir(exist_ok=True)
    DATA.write_bytes(model.to_bytes())
    CARD.write_text(json.dumps(card, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
