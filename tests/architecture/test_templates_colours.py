"""Colours: the two dark blocks agree, and text can be read in every theme."""

import re
from pathlib import Path

import pytest

CSS = (Path(__file__).resolve().parents[2] / "static/css/tokens.css").read_text(encoding="utf-8")
TONES = ("teal", "amber", "water", "green", "red", "violet")


def block(opening: str) -> dict[str, str]:
    start = CSS.index(opening) + len(opening)
    return dict(re.findall(r"--([a-z0-9-]+):\s*([^;]+);", CSS[start : CSS.index("}", start)]))


LIGHT = block(":root {")
DARK = LIGHT | block('[data-theme="dark"] {')
SUN = LIGHT | block('[data-theme="sun"] {')
THEMES = {"light": (LIGHT, 5.4), "dark": (DARK, 5.4), "sun": (SUN, 8.0)}


def luminance(colour: str) -> float:
    digits = colour.lstrip("#")
    digits = "".join(2 * one for one in digits) if len(digits) == 3 else digits
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_dark_by_choice_equals_dark_by_system() -> None:
    assert block('[data-theme="dark"] {') == block(":root:not([data-theme]) {")


def test_dark_answers_every_colour_of_light() -> None:
    colours = {name for name, value in LIGHT.items() if value.startswith("#")}
    assert colours - set(block('[data-theme="dark"] {')) == set()


@pytest.mark.parametrize("name", THEMES)
def test_text_can_be_read(name: str) -> None:
    theme, least = THEMES[name]
    pairs = [(ink, ground) for ink in ("ink", "muted") for ground in ("paper", "sand")]
    pairs += [(tone, ground) for tone in TONES for ground in ("paper", "sand", f"{tone}-soft")]
    pairs += [("on", tone) for tone in TONES] + [("on-head", "head"), ("paper", "ink"), ("muted", "land")]
    # Muted words also stand on the chosen row.
    pairs += [("ink", "teal-soft"), ("muted", "teal-soft")]
    faint = {pair: contrast(theme[pair[0]], theme[pair[1]]) for pair in pairs}
    assert {pair: round(ratio, 2) for pair, ratio in faint.items() if ratio < min(least, 5.0)} == {}
    on_paper = {tone: contrast(theme[tone], theme["paper"]) for tone in (*TONES, "ink", "muted")}
    assert {tone: round(ratio, 2) for tone, ratio in on_paper.items() if ratio < least} == {}


@pytest.mark.parametrize("name", THEMES)
def test_edges_and_crews_stand_out(name: str) -> None:
    theme, _ = THEMES[name]
    assert contrast(theme["border"], theme["paper"]) >= 4.0
    for crew in "abcd":
        assert contrast(theme[f"crew-{crew}"], theme["land"]) >= 4.5
        assert contrast(theme[f"crew-{crew}"], theme["on"]) >= 4.5
