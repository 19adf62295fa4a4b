"""Do two photographs show the same scene? A 64-bit perceptual hash and the bits in which two differ."""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.fft import dctn

from geo.errors import GeoError

SIDE: Final = 32
KEPT: Final = 8


def photo_hash(grey: ArrayLike) -> int:
    """Hash a picture so that the same scene, resized, recompressed or brighter, gives nearly the same.

    Parameters
    ----------
    grey
        Brightness of each pixel, shape (height, width), at least 32 each way, any scale, finite.

    Returns
    -------
    64 bits as a whole number: which of the 64 coarsest waves of the picture, shrunk to 32 × 32, lie above
    their median. A picture without any contrast gives 0, which `differing_bits` compares with nothing.

    Raises
    ------
    GeoError
        A picture that is too small, not of two dimensions, or holds a value that is not finite.

    Notes
    -----
    The method known as pHash: C. Zauner, Implementation and Benchmarking of Perceptual Image Hash Functions
    (2010). Turned or mirrored pictures hash differently: turn them upright by their EXIF first.
    """
    picture = np.asarray(grey, dtype=np.float64)
    if picture.ndim != 2 or min(picture.shape) < SIDE:
        raise GeoError(f"A picture needs two dimensions of at least {SIDE}, not the shape {picture.shape}.")
    if not np.isfinite(picture).all():
        raise GeoError("A picture holds a value that is not a finite number.")
    waves = dctn(_shrunk(picture), norm="ortho")[:KEPT, :KEPT].ravel()
    waves[0] = 0.0  # how bright it is as a whole
    if np.abs(waves).max() < 1e-6 * max(float(np.abs(picture).max()), 1.0):
        return 0
    bits = waves > np.median(waves)
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def differing_bits(one: int, other: int) -> int | None:
    """Count the bits in which two hashes differ: 0 to 64; None where one of them says nothing."""
    return (one ^ other).bit_count() if one and other else None


def _shrunk(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average blocks of pixels to 32 × 32; blocks overlap by a pixel where the size does not divide."""
    return _averaged(_averaged(picture).T).T


def _averaged(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    edges = np.linspace(0, len(picture), SIDE + 1)
    sums = np.concatenate([np.zeros((1, picture.shape[1])), np.cumsum(picture, axis=0)])
    whole = np.minimum(edges.astype(np.int64), len(picture) - 1)
    at = sums[whole] + (edges - whole)[:, None] * picture[whole]
    averaged: NDArray[np.float64] = np.diff(at, axis=0) * (SIDE / len(picture))
    return averaged
