"""A parked task says in words what it does."""

from fieldops.i18n import in_language
from fieldops.tasks.registry import TASKS
from fieldops.web.dispatch.exceptions import task_words


def test_every_task_has_words_on_the_page_of_exceptions() -> None:
    with in_language("id"):
        words = task_words()
    assert words.keys() == TASKS.keys()
    assert all(said and "_" not in said for said in words.values())
