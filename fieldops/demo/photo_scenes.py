"""The scenes of the drawn placeholder photos: a street, what is wrong with it, and how it looks mended."""

from collections.abc import Callable
from typing import Final

import numpy as np

from fieldops.demo.photo_canvas import (
    CREAM,
    GLINT,
    HEIGHT_PX,
    INK,
    WATER,
    WIDTH_PX,
    Canvas,
    Colour,
    Outline,
    blob,
    cone,
    crack,
    glints,
    leaves,
    moved,
    plank,
    shade,
    shrunk,
    stones,
)

ASPHALT: Final[tuple[Colour, ...]] = ((139, 142, 150), (128, 129, 133), (150, 148, 145), (120, 126, 135))
VERGE: Final[tuple[Colour, ...]] = ((182, 169, 148), (150, 163, 118), (191, 172, 140), (167, 160, 152))
FRESH: Final[Colour] = (64, 66, 72)
EARTH: Final[Colour] = (104, 92, 78)
CONCRETE: Final[Colour] = (186, 181, 172)


class Street:
    """A street seen from above at a slant: verge, kerb and asphalt. `edge` is the kerb's lower line."""

    def __init__(self, rng: np.random.Generator) -> None:
        verge, self.asphalt = VERGE[int(rng.integers(len(VERGE)))], ASPHALT[int(rng.integers(len(ASPHALT)))]
        self.canvas = Canvas(rng, verge)
        self.left, self.right = float(rng.uniform(300, 350)), float(rng.uniform(215, 275))
        for _ in range(70):
            x, y = rng.uniform(0, WIDTH_PX), rng.uniform(0, 290)
            tone = shade(verge, float(rng.uniform(0.78, 1.12)))
            self.canvas.dot(x, y, float(rng.uniform(2, 6)), float(rng.uniform(2, 6)), tone)
        self._kerb(has_paint=bool(rng.random() < 0.45))
        ground = np.array([[0, self.left], [WIDTH_PX, self.right], [WIDTH_PX, HEIGHT_PX], [0, HEIGHT_PX]])
        self.canvas.fill(ground, self.asphalt)
        self._grain()

    def edge(self, x: float) -> float:
        """Return the y of the kerb's foot at x."""
        return self.left + (self.right - self.left) * x / WIDTH_PX

    def band(self, x0: float, x1: float, top_px: float, bottom_px: float) -> Outline:
        """Return a strip along the kerb, by its distance below the kerb's foot."""
        return np.array(
            [
                [x0, self.edge(x0) + top_px],
                [x1, self.edge(x1) + top_px],
                [x1, self.edge(x1) + bottom_px],
                [x0, self.edge(x0) + bottom_px],
            ]
        )

    def _kerb(self, *, has_paint: bool) -> None:
        self.canvas.fill(self.band(0, WIDTH_PX, -46, -14), shade(CREAM, 1.06))
        self.canvas.fill(self.band(0, WIDTH_PX, -16, 3), shade(CREAM, 0.84))
        if has_paint:
            for start in range(0, WIDTH_PX, 240):
                self.canvas.fill(self.band(start, start + 120, -46, -14), (70, 70, 72))
                self.canvas.fill(self.band(start, start + 120, -16, 3), (50, 50, 52))

    def _grain(self) -> None:
        rng = self.canvas.rng
        for x, depth, size in zip(
            rng.uniform(0, WIDTH_PX, 190), rng.random(190), rng.uniform(1.5, 4.5, 190), strict=True
        ):
            y = self.edge(x) + 18 + depth * (HEIGHT_PX - self.edge(x))
            self.canvas.dot(x, y, size * (1 + depth), size * 0.7 * (1 + depth), shade(self.asphalt, 0.74))
        if rng.random() < 0.4:
            top = float(rng.uniform(430, 500))
            for start in (60, 520, 980):
                mark = self.band(start, start + 250, top, top + 34)
                self.canvas.fill(mark, (232, 232, 226))


def pothole(street: Street) -> None:
    """A hole with a broken rim, dry or full of water."""
    hole = _hole(street, wet=bool(street.canvas.rng.random() < 0.55))
    stones(street.canvas, hole, 26, street.asphalt)


def _hole(street: Street, *, wet: bool, rough: float = 0.11) -> Outline:
    canvas, rng = street.canvas, street.canvas.rng
    x, y = float(rng.uniform(440, 760)), float(rng.uniform(545, 650))
    wide = float(rng.uniform(215, 330))
    hole = blob(canvas, x, y, wide, wide * float(rng.uniform(0.38, 0.5)), rough)
    for point in hole[rng.integers(len(hole), size=int(rng.integers(3, 6)))]:
        crack(canvas, hole, point, float(rng.uniform(70, 190)))
    canvas.fill(hole, shade(street.asphalt, 0.62))
    canvas.fill(shrunk(hole, 0.93, 5), (70, 64, 58))
    floor = shrunk(hole, 0.8, 16)
    if wet:
        canvas.fill(floor, WATER)
        canvas.fill(shrunk(floor, 0.86, 7), shade(WATER, 1.09))
        glints(canvas, floor, 3)
    else:
        canvas.fill(floor, EARTH)
        canvas.fill(shrunk(floor, 0.72, 10), shade(EARTH, 1.16))
        stones(canvas, shrunk(floor, 0.6, 8), 22, EARTH)
    return hole


def sunken_road(street: Street) -> None:
    """A wide dip with stepped, cracked edges."""
    canvas, rng = street.canvas, street.canvas.rng
    x, y = float(rng.uniform(480, 720)), float(rng.uniform(575, 640))
    dip = blob(canvas, x, y, float(rng.uniform(400, 490)), float(rng.uniform(185, 225)), 0.06)
    for point in dip[:: int(rng.integers(8, 12))]:
        crack(canvas, dip, point, float(rng.uniform(40, 130)))
    for factor, tone in ((1.0, 0.52), (0.975, 0.84), (0.8, 0.7), (0.775, 0.78), (0.5, 0.62), (0.475, 0.7)):
        canvas.fill(
            shrunk(dip, factor, 26 * (1 - factor) + (9 if tone > 0.65 else 0)), shade(street.asphalt, tone)
        )
    for factor in (0.9, 0.64):
        ring = shrunk(dip, factor, 22 * (1 - factor))
        start = int(rng.integers(len(ring)))
        canvas.stroke(np.roll(ring, start, axis=0)[:44], INK, 4)
    stones(canvas, dip, 18, street.asphalt)


def standing_water(street: Street) -> None:
    """A sheet of water from the kerb across the lane."""
    canvas, rng = street.canvas, street.canvas.rng
    x, y = float(rng.uniform(480, 720)), float(rng.uniform(560, 610))
    sheet = blob(canvas, x, y, float(rng.uniform(490, 640)), float(rng.uniform(215, 262)), 0.07)
    canvas.fill(shrunk(sheet, 1.045), shade(street.asphalt, 0.8))
    canvas.fill(sheet, shade(WATER, 0.92))
    canvas.fill(shrunk(sheet, 0.9, 8), WATER)
    canvas.fill(shrunk(blob(canvas, x - 60, y - 20, 300, 70, 0.1), 1.0), shade(WATER, 1.13))
    glints(canvas, sheet, 7)
    for _ in range(int(rng.integers(4, 9))):
        ring_x, ring_y = rng.normal(x, 200), rng.normal(y, 70)
        for size in (34, 20):
            ring = blob(canvas, ring_x, ring_y, size, size * 0.36, 0.0)
            canvas.stroke(np.vstack([ring, ring[:1]]), GLINT, 2.5)
    leaves(canvas, x + 120, y + 40, (220, 60), 7)


def blocked_drain(street: Street) -> None:
    """A gully grate under leaves, mud and a plastic bag."""
    canvas, rng = street.canvas, street.canvas.rng
    x = float(rng.uniform(330, 520))
    pool = blob(canvas, x + 190, street.edge(x + 190) + 175, 430, 118, 0.08)
    canvas.fill(shrunk(pool, 1.05), shade(street.asphalt, 0.8))
    canvas.fill(pool, (112, 112, 96))
    glints(canvas, pool, 4)
    _grate(street, x, (58, 56, 50))
    mud = blob(canvas, x + 230, street.edge(x + 230) + 150, 215, 66, 0.16)
    canvas.fill(mud, (92, 78, 58))
    canvas.fill(shrunk(mud, 0.72, -6), (108, 92, 68))
    leaves(canvas, x + 210, street.edge(x + 210) + 140, (140, 46), 46)
    _bag(canvas, x + float(rng.uniform(120, 320)), street.edge(x + 200) + float(rng.uniform(110, 170)))


def _grate(street: Street, x: float, inside: Colour) -> None:
    canvas = street.canvas
    canvas.fill(street.band(x - 22, x + 402, 30, 232), shade(CONCRETE, 0.86))
    canvas.fill(street.band(x, x + 380, 46, 214), (74, 78, 82))
    for slot in range(9):
        left = x + 16 + slot * 40
        canvas.fill(street.band(left, left + 24, 62, 198), inside)
        canvas.fill(street.band(left, left + 5, 62, 198), shade(inside, 0.6))


def _bag(canvas: Canvas, x: float, y: float) -> None:
    bag = blob(canvas, x, y, 66, 44, 0.2)
    canvas.fill(shrunk(bag, 1.06, 6), (96, 88, 74))
    tint = canvas.one_of(((232, 232, 230), (206, 70, 58), (70, 110, 160)))
    canvas.fill(bag, tint)
    for lean in (-0.5, 0.1, 0.7):
        fold = np.array([[x + 30 * lean, y - 22], [x + 8 * lean, y], [x + 42 * lean, y + 20]])
        canvas.stroke(fold, shade(tint, 0.8), 3)


def missing_cover(street: Street) -> None:
    """A row of drain covers with one gone, and the neighbours' branch with a red cloth in it."""
    canvas, rng = street.canvas, street.canvas.rng
    gap = int(rng.integers(1, 3))
    _covers(street, gap)
    x = 40 + gap * 290
    hole = street.band(x, x + 262, 52, 262)
    canvas.fill(hole, (32, 32, 34))
    canvas.fill(street.band(x, x + 262, 52, 104), (84, 82, 78))
    canvas.fill(street.band(x, x + 34, 52, 262), (62, 60, 58))
    canvas.fill(street.band(x + 34, x + 262, 214, 262), (70, 78, 76))
    if rng.random() < 0.7:
        foot = (x + 130.0, street.edge(x + 130) + 200)
        tip = (x + 130.0 + float(rng.uniform(-80, 120)), street.edge(x) - 160)
        plank(canvas, foot, tip, 15)
        cloth = np.array([[0, 0], [74, 14], [62, 62], [30, 48], [0, 66]], dtype=np.float64)
        cloth = moved(cloth, tip[0], tip[1] + 26)
        canvas.fill(cloth, (196, 44, 36))
        canvas.fill(cloth[[1, 2, 3]], (160, 32, 28))


def _covers(street: Street, gap: int | None) -> None:
    canvas = street.canvas
    canvas.fill(street.band(0, WIDTH_PX, 22, 290), shade(CONCRETE, 0.8))
    for number in range(5):
        x = 40 + number * 290 - 290 * (number > 3)
        if number == gap or number > 3:
            continue
        tone = shade(CONCRETE, float(canvas.rng.uniform(0.98, 1.1)))
        canvas.fill(street.band(x, x + 262, 52, 262), shade(tone, 0.7))
        canvas.fill(street.band(x, x + 262, 46, 252), tone)
        for lift in (84, 184):
            canvas.fill(street.band(x + 105, x + 157, lift, lift + 22), (96, 94, 90))


def damaged_sidewalk(street: Street) -> None:
    """Paving with broken, tilted and missing tiles, through the guiding strip for the blind."""
    rng = street.canvas.rng
    broken = {(int(column), int(row)) for column, row in rng.integers((2, 0), (8, 5), size=(11, 2))}
    _paving(street, broken)
    x, y = 600 + rng.normal(0, 90), street.edge(600) + 330
    stones(street.canvas, blob(street.canvas, x, y, 210, 90, 0.1), 26, (176, 150, 128))


def _paving(street: Street, broken: set[tuple[int, int]]) -> None:
    canvas, rng = street.canvas, street.canvas.rng
    bed = (170, 148, 112)
    canvas.fill(street.band(0, WIDTH_PX, 14, 900), (120, 112, 104))
    tone = canvas.one_of(((176, 112, 92), (158, 150, 140), (142, 128, 122)))
    tops = np.cumsum([20, 92, 104, 118, 132, 146])
    for row in range(5):
        for column in range(-1, 11):
            slant = -14 * row
            corners = np.array(
                [
                    [column * 132 + slant, tops[row]],
                    [column * 132 + 124 + slant, tops[row]],
                    [column * 132 + 110 + slant, tops[row + 1] - 8],
                    [column * 132 - 14 + slant, tops[row + 1] - 8],
                ],
                dtype=np.float64,
            )
            corners[:, 1] += [street.edge(float(x)) for x in corners[:, 0]]
            colour = (222, 178, 60) if row == 2 else shade(tone, float(rng.uniform(0.93, 1.07)))
            if (column, row) in broken:
                _broken_tile(canvas, corners, colour, bed)
            else:
                canvas.fill(corners, colour)
                if row == 2:
                    for across in (0.22, 0.5, 0.78):
                        rib = corners[[0, 1]] * (1 - across) + corners[[3, 2]] * across
                        canvas.stroke(rib + np.array([[12, 0], [-12, 0]]), (196, 152, 44), 8)


def _broken_tile(canvas: Canvas, corners: Outline, colour: Colour, bed: Colour) -> None:
    rng = canvas.rng
    canvas.fill(corners, bed)
    middle = corners.mean(axis=0) + rng.normal(0, 14, size=2)
    for side in range(4):
        if rng.random() < 0.62:
            piece = np.array([corners[side], corners[(side + 1) % 4], middle])
            slipped = shrunk(piece, 0.86) + rng.normal(0, 7, size=2)
            canvas.fill(moved(slipped, 3, 7), shade(bed, 0.62))
            canvas.fill(slipped, shade(colour, float(rng.uniform(0.85, 1.0))))


def other(street: Street) -> None:
    """A fallen branch across the lane."""
    canvas, rng = street.canvas, street.canvas.rng
    y = float(rng.uniform(480, 560))
    leaves(canvas, 640, y + 110, (260, 70), 40)
    plank(canvas, (120.0, y + float(rng.uniform(120, 220))), (1060.0, y - float(rng.uniform(0, 60))), 34)
    plank(canvas, (460.0, y + 80), (800.0, y + 260), 20)


def made_safe(street: Street) -> None:
    """A hole with one or two cones beside it."""
    canvas, rng = street.canvas, street.canvas.rng
    hole = _hole(street, wet=bool(rng.random() < 0.5))
    stones(canvas, hole, 18, street.asphalt)
    (left, _), (right, bottom) = hole.min(axis=0), hole.max(axis=0)
    places = [left + 0.2 * (right - left), left + 0.85 * (right - left)]
    first, second = (places[0], bottom + 12), (places[1], bottom - 40)
    if rng.random() < 0.6:
        _tape(canvas, (first[0], first[1] - 210), (second[0], second[1] - 190))
        cone(canvas, *second, 265)
    cone(canvas, *first, 300)


def _tape(canvas: Canvas, start: tuple[float, float], end: tuple[float, float]) -> None:
    along = np.linspace(0, 1, 15)
    sag = 34 * np.sin(along * np.pi)
    path = np.column_stack(
        [start[0] + along * (end[0] - start[0]), start[1] + along * (end[1] - start[1]) + sag]
    )
    for number in range(len(path) - 1):
        canvas.stroke(path[number : number + 2], (206, 40, 34) if number % 2 else (250, 250, 248), 16)


def patched(street: Street) -> None:
    """A hole mended: a fresh, squared patch with a sealed edge."""
    canvas, rng = street.canvas, street.canvas.rng
    x, y = float(rng.uniform(420, 640)), float(rng.uniform(520, 590))
    wide, high, lean = float(rng.uniform(330, 480)), float(rng.uniform(170, 240)), float(rng.uniform(40, 90))
    base = np.array([[0, 0], [wide, -34], [wide + lean, high - 34], [lean - 60, high]])
    base = moved(base, x - wide / 2, y)
    sides = np.vstack([np.linspace(base[side], base[(side + 1) % 4], 12)[:-1] for side in range(4)])
    patch = sides + rng.normal(0, 2.0, size=sides.shape)
    canvas.fill(shrunk(patch, 1.05), (40, 41, 44))
    canvas.fill(patch, FRESH)
    low, high_corner = patch.min(axis=0), patch.max(axis=0)
    for spot_x, spot_y in rng.uniform(low + 40, high_corner - 40, size=(90, 2)):
        canvas.dot(spot_x, spot_y, 3.4, 2.4, shade(FRESH, float(rng.uniform(1.2, 1.6))))


def damp(street: Street) -> None:
    """Water gone: only damp stains are left, and the grate is clear."""
    canvas, rng = street.canvas, street.canvas.rng
    for _ in range(4):
        stain = blob(canvas, rng.uniform(200, 1000), rng.uniform(560, 780), rng.uniform(70, 190), 36, 0.15)
        canvas.fill(stain, shade(street.asphalt, 0.88))
    clear_drain(street)


def clear_drain(street: Street) -> None:
    """A grate that has been cleared."""
    _grate(street, float(street.canvas.rng.uniform(300, 520)), (24, 26, 28))


def covered(street: Street) -> None:
    """All covers back in place."""
    _covers(street, None)


def paved(street: Street) -> None:
    """Paving laid anew."""
    _paving(street, set())


def swept(street: Street) -> None:
    """The street, swept."""
    leaves(street.canvas, 900, 420, (120, 30), 5)


SCENES: Final[dict[str, Callable[[Street], None]]] = {
    "pothole": pothole,
    "sunken_road": sunken_road,
    "standing_water": standing_water,
    "blocked_drain": blocked_drain,
    "missing_cover": missing_cover,
    "damaged_sidewalk": damaged_sidewalk,
    "other": other,
    "made_safe": made_safe,
    "after_pothole": patched,
    "after_sunken_road": patched,
    "after_standing_water": damp,
    "after_blocked_drain": clear_drain,
    "after_missing_cover": covered,
    "after_damaged_sidewalk": paved,
    "after_other": swept,
}
"""What can be drawn, by the kind that requests and defects name."""
