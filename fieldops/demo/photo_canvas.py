"""A canvas for the drawn placeholder photos, and the shapes that several scenes share.

All positions are in pixels of the finished photo, x to the right, y down. Flat colours, no gradients: it must
look like a drawing, never like a photograph.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

WIDTH_PX: Final = 1200
HEIGHT_PX: Final = 900
FINER: Final = 2
"""Drawn so many times larger, then reduced: smooth edges."""

Colour = tuple[int, int, int]
Outline = NDArray[np.float64]

INK: Final[Colour] = (58, 54, 50)
CREAM: Final[Colour] = (226, 218, 203)
ORANGE: Final[Colour] = (226, 92, 24)
WATER: Final[Colour] = (111, 137, 153)
GLINT: Final[Colour] = (212, 226, 232)
LEAVES: Final[tuple[Colour, ...]] = (
    (104, 122, 58),
    (140, 110, 48),
    (171, 134, 60),
    (88, 104, 60),
    (128, 84, 44),
)


def shade(colour: Colour, factor: float) -> Colour:
    """Return a darker (below 1) or lighter (above 1) colour."""
    red, green, blue = (int(min(255, max(0, part * factor))) for part in colour)
    return red, green, blue


class Canvas:
    """A drawing in progress with its own source of irregularity."""

    def __init__(self, rng: np.random.Generator, ground: Colour) -> None:
        self.rng = rng
        self._image = Image.new("RGB", (WIDTH_PX * FINER, HEIGHT_PX * FINER), ground)
        self._pen = ImageDraw.Draw(self._image)

    def fill(self, outline: Outline, colour: Colour) -> None:
        """Fill a closed shape, points of shape (n, 2)."""
        self._pen.polygon([(x * FINER, y * FINER) for x, y in outline], fill=colour)

    def stroke(self, path: Outline, colour: Colour, width_px: float) -> None:
        """Draw a path with round joints, points of shape (n, 2)."""
        points = [(x * FINER, y * FINER) for x, y in path]
        self._pen.line(points, fill=colour, width=max(1, round(width_px * FINER)), joint="curve")
        for x, y in (path[0], path[-1]):
            self.dot(float(x), float(y), width_px / 2, width_px / 2, colour)

    def dot(self, x: float, y: float, wide_px: float, high_px: float, colour: Colour) -> None:
        """Fill an ellipse around (x, y) with the given half axes."""
        box = ((x - wide_px) * FINER, (y - high_px) * FINER, (x + wide_px) * FINER, (y + high_px) * FINER)
        self._pen.ellipse(box, fill=colour)

    def one_of(self, colours: tuple[Colour, ...]) -> Colour:
        """Return a colour by chance."""
        return colours[int(self.rng.integers(len(colours)))]

    def finish(self) -> Image.Image:
        """Return the drawing at its size, perhaps mirrored, in one light, with its label."""
        image = self._image.reduce(FINER)
        if self.rng.random() < 0.5:
            image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        light = self.one_of(((255, 244, 214), (226, 236, 248), (250, 250, 250), (88, 92, 120)))
        image = Image.blend(image, Image.new("RGB", image.size, light), 0.1 if light[0] > 100 else 0.2)
        _label(image)
        return image


def _label(image: Image.Image) -> None:
    pen = ImageDraw.Draw(image, "RGBA")
    font = ImageFont.load_default(size=26)
    right, bottom = WIDTH_PX - 24, HEIGHT_PX - 22
    pen.rounded_rectangle((right - 108, bottom - 42, right, bottom), radius=10, fill=(20, 22, 26, 150))
    pen.text((right - 54, bottom - 21), "DEMO", font=font, fill=(255, 255, 255, 225), anchor="mm")


def blob(canvas: Canvas, x: float, y: float, wide_px: float, high_px: float, rough: float = 0.12) -> Outline:
    """Return an irregular round outline around (x, y) with the given half axes; `rough` 0 is an ellipse."""
    turn = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = np.ones_like(turn)
    for wave in (2, 3, 5, 8, 13):
        radius += rough / wave**0.6 * np.sin(wave * turn + canvas.rng.uniform(0, 2 * np.pi))
    return np.column_stack([x + wide_px * radius * np.cos(turn), y + high_px * radius * np.sin(turn)])


def shrunk(outline: Outline, factor: float, down_px: float = 0.0) -> Outline:
    """Return an outline drawn in towards its middle, and moved down."""
    middle = outline.mean(axis=0)
    inner: Outline = middle + (outline - middle) * factor + [0.0, down_px]
    return inner


def moved(outline: Outline, right_px: float, down_px: float) -> Outline:
    """Return an outline moved."""
    there: Outline = outline + np.array([right_px, down_px])
    return there


def crack(canvas: Canvas, hole: Outline, point: Outline, length_px: float) -> None:
    """Draw a crack that wanders off from a point of a hole's outline, away from the hole."""
    away = point - hole.mean(axis=0)
    heading = float(np.arctan2(away[1], away[0]))
    steps = int(length_px / 16) + 2
    turns = heading + np.cumsum(canvas.rng.normal(0, 0.32, size=steps))
    path = np.cumsum(np.column_stack([np.cos(turns) * 16, np.sin(turns) * 8]), axis=0) + point
    for start in range(len(path) - 1):
        canvas.stroke(path[start : start + 2], INK, 5.0 * (1 - start / len(path)) + 1.0)


def stones(canvas: Canvas, around: Outline, count: int, colour: Colour) -> None:
    """Strew loose stones along an outline."""
    for point in around[canvas.rng.integers(len(around), size=count)]:
        x, y = point + canvas.rng.normal(0, 16, size=2) * [1.6, 0.7]
        size = float(canvas.rng.uniform(3, 10))
        tone = shade(colour, float(canvas.rng.uniform(0.6, 1.25)))
        canvas.dot(x, y + size * 0.35, size * 1.15, size * 0.7, shade(tone, 0.6))
        canvas.dot(x, y, size, size * 0.7, tone)


def glints(canvas: Canvas, water: Outline, count: int) -> None:
    """Draw light on water: short curved strokes inside the outline's middle."""
    (left, top), (right, bottom) = water.min(axis=0), water.max(axis=0)
    for _ in range(count):
        x = canvas.rng.uniform(left + 0.22 * (right - left), left + 0.6 * (right - left))
        y = canvas.rng.uniform(top + 0.25 * (bottom - top), top + 0.75 * (bottom - top))
        length = float(canvas.rng.uniform(0.1, 0.24)) * (right - left)
        along = np.linspace(0, 1, 12)
        path = np.column_stack([x + along * length, y - 9 * np.sin(along * np.pi * 0.8)])
        canvas.stroke(path, GLINT, float(canvas.rng.uniform(4, 7)))


def leaves(canvas: Canvas, x: float, y: float, spread_px: tuple[float, float], count: int) -> None:
    """Strew leaves around (x, y)."""
    for _ in range(count):
        middle = np.array([x, y]) + canvas.rng.normal(0, 1, size=2) * spread_px
        length, lean = float(canvas.rng.uniform(14, 34)), float(canvas.rng.uniform(0, 2 * np.pi))
        tip = np.array([np.cos(lean), 0.55 * np.sin(lean)]) * length
        side = np.array([-np.sin(lean), 0.55 * np.cos(lean)]) * length * 0.33
        colour = canvas.one_of(LEAVES)
        bend = np.linspace(-1, 1, 9)
        half = (1 - bend**2)[:, None] * side
        spine = middle + bend[:, None] * tip
        canvas.fill(np.vstack([spine + half, (spine - half)[::-1]]), colour)
        canvas.stroke(spine[[1, -2]], shade(colour, 0.7), 2.0)


def cone(canvas: Canvas, x: float, y: float, high_px: float) -> None:
    """Draw a traffic cone that stands with the middle of its foot at (x, y)."""
    wide = high_px * 0.36
    foot = np.array([[-1.25, 0.0], [1.25, 0.0], [1.0, -0.14], [-1.0, -0.14]]) * [wide, high_px * 0.55] + [
        x,
        y,
    ]
    canvas.fill(moved(foot, high_px * 0.16, high_px * 0.02), (84, 82, 82))
    canvas.fill(foot, shade(ORANGE, 0.85))

    def ring(low: float, high: float, colour: Colour) -> None:
        sides = [(-1 + low, low), (1 - low, low), (1 - high, high), (-1 + high, high)]
        canvas.fill(
            np.array([(x + across * wide * 0.72, y - 8 - up * high_px) for across, up in sides]), colour
        )

    ring(0.0, 0.9, ORANGE)
    ring(0.22, 0.4, (250, 250, 248))
    ring(0.56, 0.72, (250, 250, 248))


def plank(canvas: Canvas, start: tuple[float, float], end: tuple[float, float], width_px: float) -> None:
    """Draw a branch with a few twigs and leaves between two points."""
    along = np.linspace(0, 1, 14)[:, None]
    path = np.array(start) * (1 - along) + np.array(end) * along + canvas.rng.normal(0, 4, size=(14, 2))
    bark = (104, 78, 52)
    canvas.stroke(path, shade(bark, 0.75), width_px + 5)
    canvas.stroke(path, bark, width_px)
    for index in (3, 5, 8, 10, 12):
        lean = float(canvas.rng.uniform(-2.6, -0.5))
        twig = path[index] + np.array([[0, 0], [np.cos(lean), np.sin(lean)]]) * canvas.rng.uniform(45, 110)
        canvas.stroke(twig, bark, width_px * 0.4)
        leaves(canvas, float(twig[1, 0]), float(twig[1, 1]), (24, 16), 9)
