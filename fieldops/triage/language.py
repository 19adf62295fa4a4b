"""Which language a citizen wrote in: Indonesian, Javanese or English."""

import threading
from typing import Any, Final

from fieldops.triage.plain_words import plain, words_of
from fieldops.triage.word_lists import word_list

LANGUAGES: Final = ("id", "jv", "en")

# Everyday words that belong to one of the three alone. Short messages are decided by them; the statistical
# model was trained on encyclopaedias and takes everyday Javanese for Indonesian.
JAVANESE: Final = word_list("javanese")
INDONESIAN: Final = word_list("indonesian")
ENGLISH: Final = word_list("english")
CLUES: Final = {"id": INDONESIAN, "jv": JAVANESE, "en": ENGLISH}


class _Statistics:
    """py3langid's model, loaded at the first doubtful text and kept for the process."""

    lock = threading.Lock()
    model: Any = None

    @classmethod
    def language(cls, text: str) -> str:
        with cls.lock:
            if cls.model is None:
                from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - half a second

                made = LanguageIdentifier.from_model_file(MODEL_FILE)
                made.set_languages(list(LANGUAGES))
                cls.model = made
        return str(cls.model.classify(text)[0])


def language_of(text: str) -> str:
    """Return "id", "jv" or "en"; a text without a letter is taken for Indonesian."""
    words = words_of(text)
    if not any(word.isalpha() for word in words):
        return "id"
    found = {language: sum(word in clues for word in words) for language, clues in CLUES.items()}
    most = max(found.values())
    ahead = [language for language, count in found.items() if count == most]
    if most and len(ahead) == 1:
        return ahead[0]
    return _Statistics.language(plain(text))
