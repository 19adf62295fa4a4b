"""What is new in an answered letter, without what it quotes."""

from typing import Final

from mailparser_reply.parser import EmailMessage

LONGEST_LINE: Final = 300
"""The parser's patterns take time that grows with the square of a line's length."""

MOST_LINES: Final = 600
LANGUAGES: Final = ["en"]
MOST_LINES_OF_HEADING: Final = 3
FIRST_OF_BLOCK: Final = "dari:"
IN_BLOCK: Final = ("kepada:", "dikirim:", "perihal:", "tanggal:")


def without_quoted(text: str) -> str:
    """Return the words above the first quoted letter; all of them where nothing would be left."""
    lines = [line.rstrip() for line in text.replace("\r\n", "\n").split("\n")]
    kept = _above_indonesian_heading([line for line in lines if not line.startswith(">")])
    new = _without_gaps(kept)
    if new and len(kept) <= MOST_LINES and max(map(len, kept)) <= LONGEST_LINE:
        # Lists with hyphens are what people write, not signatures.
        new = EmailMessage(new, list(LANGUAGES), keep_hyphen_lists=True).read().latest_reply or ""
    return new.strip() or _without_gaps(lines).strip()


def _without_gaps(lines: list[str]) -> str:
    text = "\n".join(lines)
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text


def _above_indonesian_heading(lines: list[str]) -> list[str]:
    """The parser knows no Indonesian: "Pada Sen, 30 Nov 2026 … menulis:", Outlook's "Dari: … Kepada: …"."""
    for at, line in enumerate(lines):
        start = line.strip("* ").lower()
        if start.startswith("pada ") and _ends_heading(lines[at : at + MOST_LINES_OF_HEADING]):
            return lines[:at]
        if start.startswith(FIRST_OF_BLOCK) and _is_block(lines[at + 1 : at + 4]):
            return lines[:at]
    return lines


def _ends_heading(lines: list[str]) -> bool:
    return any(line.rstrip().lower().endswith("menulis:") for line in lines)


def _is_block(lines: list[str]) -> bool:
    return any(line.strip("* ").lower().startswith(IN_BLOCK) for line in lines)
