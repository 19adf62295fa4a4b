"""From a decoded image to upright JPEGs in sRGB that carry nothing but pixels."""

from io import BytesIO
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

QUALITY: Final = 82
SRGB: Final = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
UPRIGHT: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def decode(image: Image.Image, longest_px: int) -> None:
    """Decode to the end, a JPEG at an eighth to its full size, as `longest_px` needs it.

    Raises what Pillow raises on damaged data.
    """
    image.draft("RGB", (longest_px, longest_px))
    image.load()


def upright(image: Image.Image, orientation: int, longest_px: int) -> Image.Image:
    """Return a decoded picture upright, in sRGB, white where transparent, at most `longest_px` long."""
    profile = image.info.get("icc_profile")
    picture = fitted(_resizable(image), longest_px)
    picture = _in_srgb(picture, profile)
    if orientation in UPRIGHT:
        picture = picture.transpose(UPRIGHT[orientation])
    return picture


def brightness(file: BinaryIO) -> NDArray[np.float64]:
    """Return how bright each pixel of a stored photo is, shape (height, width), 0 to 255."""
    with Image.open(file) as image:
        return np.asarray(image.convert("L"), dtype=np.float64)


def fitted(picture: Image.Image, longest_px: int) -> Image.Image:
    """Return the picture no longer than `longest_px` on either side; a small one stays as it is."""
    scale = longest_px / max(picture.size)
    if scale >= 1.0:
        return picture
    width, height = (max(1, round(side * scale)) for side in picture.size)
    return picture.resize((width, height), Image.Resampling.LANCZOS, reducing_gap=3.0)


def jpeg(picture: Image.Image) -> bytes:
    """Encode an RGB picture as JPEG, and nothing that came with it."""
    # A new image has no info, so no comment, EXIF, XMP or profile can be carried over.
    clean = Image.new("RGB", picture.size)
    clean.paste(picture)
    out = BytesIO()
    clean.save(out, "JPEG", quality=QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _resizable(image: Image.Image) -> Image.Image:
    """Turn the modes that can't be resized into ones that can."""
    if image.mode.startswith("I;16"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("1", "I", "F"):
        return image.convert("L")
    if image.mode in ("P", "PA", "LA", "La", "RGBa") or "transparency" in image.info:
        return image.convert("RGBA")
    return image


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    if picture.mode == "RGBA":
        ground = Image.new("RGB", picture.size, "white")
        ground.paste(picture, mask=picture.getchannel("A"))
        picture = ground
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            converted = ImageCms.profileToProfile(picture, own, SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a profile that does not fit its picture: the plain colours are near enough
        if converted is not None:
            return converted
    return picture.convert("RGB")
