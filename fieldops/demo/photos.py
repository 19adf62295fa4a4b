"""Placeholder photos of the demonstration: drawn, labelled DEMO, varied by seed."""

import io
from typing import Final

import numpy as np

from fieldops.demo.photo_scenes import SCENES, Street

KINDS: Final = tuple(SCENES)
QUALITY: Final = 82


def draw(kind: str, seed: int) -> bytes:
    """Return a JPEG of 1200 × 900 px without metadata.

    Parameters
    ----------
    kind
        One of `KINDS`: a service code, "made_safe", or "after_" and a service code.
    seed
        The same kind and seed give the same bytes (with the same release of Pillow).

    Raises
    ------
    ValueError
        The kind is unknown.
    """
    if kind not in SCENES:
        raise ValueError(f"there is no demonstration photo of the kind {kind!r}; known: {', '.join(KINDS)}")
    street = Street(np.random.default_rng([seed, KINDS.index(kind)]))
    SCENES[kind](street)
    stream = io.BytesIO()
    street.canvas.finish().save(stream, "JPEG", quality=QUALITY)
    return stream.getvalue()
