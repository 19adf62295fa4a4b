"""Reading a form's fields as what they mean; a field that cannot be read is refused by its name."""

from collections.abc import Collection, Mapping
from datetime import date, time

from werkzeug.datastructures import MultiDict

from fieldops.errors import InvalidInput

Form = MultiDict[str, str]


def text_of(form: Form, name: str, *, most: int = 200, needed: bool = False) -> str:
    """Return a field's words without blanks around them.

    Raises
    ------
    InvalidInput
        Too long, or empty though needed.
    """
    words = form.get(name, "").strip()
    if len(words) > most:
        raise InvalidInput("This may have at most %(most)s characters.", field=name, most=most)
    if needed and not words:
        raise InvalidInput("This is needed.", field=name)
    return words


def whole_of(form: Form, name: str, low: int, high: int, *, otherwise: int | None = None) -> int:
    """Return a whole number between `low` and `high`; `otherwise` stands for an empty field."""
    words = form.get(name, "").strip()
    if not words and otherwise is not None:
        return otherwise
    try:
        number = int(words)
    except ValueError:
        number = low - 1
    if not low <= number <= high:
        raise InvalidInput("Give a whole number from %(low)s to %(high)s.", field=name, low=low, high=high)
    return number


def number_of(form: Form, name: str, low: float, high: float) -> float:
    """Return a number between `low` and `high`; a decimal comma is read too."""
    try:
        number = float(form.get(name, "").strip().replace(",", "."))
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise InvalidInput("Give a number from %(low)s to %(high)s.", field=name, low=low, high=high)
    return number


def choice_of(form: Form, name: str, allowed: Collection[str]) -> str:
    """Return one of the allowed codes."""
    code = form.get(name, "")
    if code not in allowed:
        raise InvalidInput("Choose one of the answers.", field=name)
    return code


def choices_of(form: Form, name: str, allowed: Collection[str]) -> list[str]:
    """Return the chosen codes, each once, in the order of `allowed`."""
    chosen = set(form.getlist(name))
    if not chosen <= set(allowed):
        raise InvalidInput("Choose one of the answers.", field=name)
    return [code for code in allowed if code in chosen]


def day_of(form: Form | Mapping[str, str], name: str) -> date:
    """Return a day written 2026-11-25."""
    try:
        return date.fromisoformat(form.get(name, "").strip())
    except ValueError:
        raise InvalidInput("Choose a day from the calendar, like 2026-11-25.", field=name) from None


def time_of(form: Form, name: str) -> time:
    """Return a time of day written 07:30."""
    try:
        return time.fromisoformat(form.get(name, "").strip().replace(".", ":"))
    except ValueError:
        raise InvalidInput("Give a time of day, like 07:30.", field=name) from None


def ids_of(form: Form, name: str) -> list[int]:
    """Return the row numbers in a field, given several times or joined by commas."""
    parts = [part.strip() for held in form.getlist(name) for part in held.split(",") if part.strip()]
    if not all(part.isdigit() and len(part) < 12 for part in parts):
        raise InvalidInput("The page sent something we could not read. Go back and try again.", field=name)
    return sorted({int(part) for part in parts})


def version_of(form: Form) -> int:
    """Return the version of the thing that the page showed."""
    words = form.get("version", "")
    if not words.isdigit() or len(words) > 9:
        raise InvalidInput("The page lost the version of what it shows. Reload it and try again.")
    return int(words)
