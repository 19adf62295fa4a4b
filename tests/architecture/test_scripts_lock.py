"""Requirements: exact, explained, locked as a whole, and free of addresses."""

import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
FILES = ("requirements.txt", "requirements-dev.txt")


def requirements(file: str) -> list[Requirement]:
    lines = (line.split(" #", 1)[0].strip() for line in (ROOT / file).read_text().splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    pairs = [line.split("==") for line in lines if not line.startswith("#")]
    return {canonicalize_name(name): version for name, version in pairs}


ASKED = [requirement for file in FILES for requirement in requirements(file)]


@pytest.mark.parametrize("requirement", ASKED, ids=lambda r: r.name)
def test_a_requirement_is_exact_and_the_lock_says_the_same(requirement: Requirement) -> None:
    (only,) = requirement.specifier
    assert only.operator == "=="
    assert locked()[canonicalize_name(requirement.name)] == only.version


def test_the_lock_holds_everything_that_the_requirements_bring_in() -> None:
    lock, missing, seen = locked(), set(), set()
    waiting = [(requirement.name, frozenset(requirement.extras)) for requirement in ASKED]
    while waiting:
        name, extras = waiting.pop()
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        if canonicalize_name(name) not in lock:
            missing.add(name)
            continue
        for line in distribution(name).requires or []:
            needed = Requirement(line)
            if any(
                needed.marker is None or needed.marker.evaluate({"extra": extra}) for extra in [*extras, ""]
            ):
                waiting.append((needed.name, frozenset(needed.extras)))
    assert missing == set(), "run script/lock"


@pytest.mark.parametrize("file", [*FILES, "requirements.lock", "package.json"])
def test_no_file_of_requirements_names_an_address(file: str) -> None:
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links|file:", (ROOT / file).read_text())
