"""Taking out of free words what could lead to a person: e-mail addresses and long numbers.

Telephone numbers, the 16 figures of an identity card (NIK), card numbers and the like are replaced by marks
that need no translation. In doubt a number goes: a case number of twelve figures is missed by nobody, a
telephone number in the open is.
"""

import re
from typing import Final

EMAIL_MARK: Final = "[@…]"
NUMBER_MARK: Final = "[#…]"

_EMAIL: Final = re.compile(r"[\w.+\-]+@[\w\-]+(?:\.[\w\-]+)+")
_GAP: Final = r"[ .\-()/\u2010-\u2015]{0,2}"
_NUMBERS: Final = re.compile(
    rf"""
    (?<![\w])(?:
        (?:\d{_GAP}){{15}}\d                          # NIK: 16 figures, however they are grouped
      | (?:\+|00)\d{{1,3}}{_GAP}(?:\d{_GAP}){{6,11}}\d   # +62 812 3456 7890, 0062 …
      | (?:62|0){_GAP}[2-9](?:{_GAP}\d){{6,11}}       # 0812-3456-7890, (0271) 123 456, 62 812 …
      | \(?0\d{{2,3}}\){_GAP}\d(?:{_GAP}\d){{5,7}}     # (0271) 123456
      | \(?[2-9]\d\d\)?[ .\-]?\d{{3}}[ .\-]\d{{4}}     # (617) 635-4500, 617.635.4500
      | \d{{3}}-\d{{2}}-\d{{4}}                       # a social security number
      | \d{{4}}[ \-]\d{{4}}[ \-]\d{{4}}[ \-]\d{{1,7}}  # a card's number in groups
      | \d{{4}}[ \-]\d{{6}}[ \-]\d{{5}}                # the same of fifteen figures
      | \d{{9,19}}                                   # any long run
    )(?![\w])
    """,
    re.VERBOSE,
)
_TIME: Final = re.compile(
    r"""(?<![\d.\-/])(?:(?:19|20)\d\d-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./](?:(?:19|20)\d\d|\d\d))
        (?:[ T]\d{1,2}:\d\d(?::\d\d(?:\.\d+)?)?)?(?![.\-/]?\d)""",
    re.VERBOSE,
)


def scrub(words: str) -> str:
    """Return the words with e-mail addresses and numbers that could be a person's replaced by marks.

    Dates and times stay. Scrubbing twice changes nothing.
    """
    if "@" in words:
        words = _EMAIL.sub(EMAIL_MARK, words)
    if not any(sign.isdigit() for sign in words):
        return words
    kept: list[str] = []
    start = 0
    for date in _TIME.finditer(words):
        kept += [_NUMBERS.sub(NUMBER_MARK, words[start : date.start()]), date.group()]
        start = date.end()
    return "".join([*kept, _NUMBERS.sub(NUMBER_MARK, words[start:])])
