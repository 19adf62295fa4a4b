import hashlib
import io
import struct
import tracemalloc
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import ExifTags, Image, ImageCms

from fieldops.errors import InvalidInput
from fieldops.media.errors import (
    PhotoDamaged,
    PhotoNotAnImage,
    PhotoRefused,
    PhotoTooLarge,
    PhotoTooManyPixels,
)
from fieldops.media.photos import read_photo, shown_name

CORNERS = {"red": (255, 0, 0), "green": (0, 128, 0), "blue": (0, 0, 255), "white": (255, 255, 255)}


def picture(width=400, height=300, mode="RGB"):
    """Four quarters: red and green above, blue and white below."""
    image = Image.new("RGB", (width, height))
    for number, colour in enumerate(CORNERS):
        corner = (number % 2 * width // 2, number // 2 * height // 2)
        image.paste(colour, (*corner, corner[0] + width // 2, corner[1] + height // 2))
    return image.convert(mode)


def encoded(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def quarters(data):
    with Image.open(io.BytesIO(data)) as image:
        rgb = image.convert("RGB")
        width, height = rgb.size
        return [rgb.getpixel((int(width * x), int(height * y))) for y in (0.25, 0.75) for x in (0.25, 0.75)]


def assert_shows_the_four_quarters(data):
    difference = np.abs(np.subtract(quarters(data), list(CORNERS.values())))
    assert difference.max() <= 12, quarters(data)


def png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_the_four_formats_are_read_by_content(kind):
    data = encoded(picture(2000, 1500), kind, quality=95)
    photo = read_photo(io.BytesIO(data), file_name="photo.txt")
    assert (photo.width_px, photo.height_px) == (1600, 1200)
    for jpeg, size in ((photo.large_jpeg, (1600, 1200)), (photo.small_jpeg, (480, 360))):
        with Image.open(io.BytesIO(jpeg)) as image:
            assert (image.format, image.size, image.mode) == ("JPEG", size, "RGB")
        assert_shows_the_four_quarters(jpeg)
    assert photo.sha256 == hashlib.sha256(data).hexdigest()
    assert (photo.taken_at, photo.position) == (None, None)


def test_a_small_photo_is_not_enlarged():
    photo = read_photo(encoded(picture(300, 200), "PNG"))
    assert (photo.width_px, photo.height_px) == (300, 200)
    assert Image.open(io.BytesIO(photo.small_jpeg)).size == (300, 200)


def test_big_photos_of_several_threads_are_all_read():
    data = encoded(picture(4200, 4000), "JPEG")
    with ThreadPoolExecutor(3) as threads:
        photos = list(threads.map(read_photo, [data] * 3))
    assert {(photo.width_px, photo.height_px) for photo in photos} == {(1600, 1524)}


def test_a_very_long_photo_keeps_a_width():
    photo = read_photo(encoded(Image.new("RGB", (8000, 2)), "PNG"))
    assert (photo.width_px, photo.height_px) == (1600, 1)


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"),
        ("L", "JPEG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("RGBA", "WEBP"),
        ("CMYK", "JPEG"),
        ("I;16", "PNG"),
    ],
)
def test_every_mode_becomes_plain_colours(mode, kind):
    if mode == "I;16":
        image = Image.fromarray(np.tile(np.linspace(0, 65_535, 400).astype(np.uint16), (300, 1)))
    else:
        image = picture(mode=mode)
    photo = read_photo(encoded(image, kind))
    with Image.open(io.BytesIO(photo.large_jpeg)) as result:
        assert result.mode == "RGB"
        expected = {"1": (255, 255, 255), "I;16": (191, 191, 191)}.get(mode, (255, 255, 255))
        assert np.abs(np.subtract(result.getpixel((300, 225)), expected)).max() <= 4


def test_what_is_transparent_is_white():
    image = Image.new("RGBA", (50, 50), (200, 0, 0, 0))
    palette = Image.new("P", (50, 50), 3)
    palette.putpalette([0, 0, 0] * 3 + [9, 9, 9])
    for data in (encoded(image, "PNG"), encoded(palette, "PNG", transparency=3)):
        assert min(quarters(read_photo(data).large_jpeg)[0]) >= 250


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_is_set_upright(kind, orientation):
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose that lays an upright picture so
    stored = picture() if orientation == 1 else picture().transpose(Image.Transpose(undo[orientation]))
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    photo = read_photo(encoded(stored, kind, exif=exif.tobytes()))
    assert (photo.width_px, photo.height_px) == (400, 300)
    assert_shows_the_four_quarters(photo.large_jpeg)


def test_an_orientation_in_heic_is_set_upright_once():
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    data = encoded(picture().transpose(Image.Transpose.ROTATE_90), "HEIF", exif=exif.tobytes(), quality=95)
    photo = read_photo(data)
    assert (photo.width_px, photo.height_px) == (400, 300)
    assert_shows_the_four_quarters(photo.large_jpeg)


def noted(**tags):
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = "Secret camera"
    exif.get_ifd(ExifTags.IFD.Exif).update(
        {ExifTags.Base[key]: value for key, value in tags.items() if key in ExifTags.Base.__members__}
    )
    exif.get_ifd(ExifTags.IFD.GPSInfo).update(
        {ExifTags.GPS[key]: value for key, value in tags.items() if key in ExifTags.GPS.__members__}
    )
    return exif.tobytes()


SOLO = {
    "GPSLatitude": (7.0, 34.0, 12.0),
    "GPSLatitudeRef": "S",
    "GPSLongitude": (110.0, 49.0, 30.0),
    "GPSLongitudeRef": "E",
}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_place_and_time_are_read_and_then_gone(kind):
    exif = noted(**SOLO, DateTimeOriginal="2026:11:25 09:40:00", OffsetTimeOriginal="+07:00")
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    options = {"exif": exif, "icc_profile": profile}
    if kind == "JPEG":
        options |= {"xmp": b"<x:xmpmeta>Secret words</x:xmpmeta>", "comment": b"Secret comment"}
    data = encoded(picture(), kind, **options)
    photo = read_photo(data)
    assert photo.position == pytest.approx((110.825, -7.57))
    assert photo.taken_at == datetime(2026, 11, 25, 2, 40, tzinfo=UTC)
    assert b"Secret" in data
    for jpeg in (photo.large_jpeg, photo.small_jpeg):
        for trace in (b"Secret", b"Exif", b"ICC_PROFILE", b"xmp", b"2026:"):
            assert trace not in jpeg
        with Image.open(io.BytesIO(jpeg)) as image:
            assert not image.getexif()
            assert set(image.info) <= {
                "jfif",
                "jfif_version",
                "jfif_unit",
                "jfif_density",
                "progressive",
                "progression",
            }
    assert "position" not in repr(photo)


@pytest.mark.parametrize(
    ("tags", "zone", "hour"),
    [
        ({"DateTimeOriginal": "2026:11:25 09:40:00"}, None, None),
        ({"DateTimeOriginal": "2026:11:25 09:40:00"}, ZoneInfo("Asia/Jakarta"), 2),
        (
            {"DateTimeOriginal": "2026:11:25 09:40:00", "OffsetTimeOriginal": "+01:00"},
            ZoneInfo("Asia/Jakarta"),
            8,
        ),
        (
            {"DateTimeOriginal": "2026:11:25 09:40:00", "OffsetTimeOriginal": "WIB"},
            ZoneInfo("Asia/Jakarta"),
            2,
        ),
        ({"GPSDateStamp": "2026:11:25", "GPSTimeStamp": (3.0, 5.0, 7.0)}, None, 3),
        ({"GPSDateStamp": "2026:11:25", "GPSTimeStamp": (3.0, 5.0)}, None, None),
        ({"DateTimeOriginal": "0000:00:00 00:00:00"}, ZoneInfo("Asia/Jakarta"), None),
        ({"DateTimeOriginal": "1980:01:01 00:00:00"}, ZoneInfo("Asia/Jakarta"), None),
    ],
)
def test_times(tags, zone, hour):
    taken_at = read_photo(encoded(picture(), "JPEG", exif=noted(**tags)), zone=zone).taken_at
    assert (None if taken_at is None else (taken_at.date().isoformat(), taken_at.hour, taken_at.tzinfo)) == (
        None if hour is None else ("2026-11-25", hour, UTC)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"GPSLatitude": (0.0, 0.0, 0.0), "GPSLongitude": (0.0, 0.0, 0.0)},
        {"GPSLatitude": (97.0, 0.0, 0.0)},
        {"GPSLatitudeRef": "X"},
        {"GPSLongitude": (110.0, 49.0)},
    ],
)
def test_a_position_that_cannot_be_is_none(wrong):
    assert read_photo(encoded(picture(), "JPEG", exif=noted(**(SOLO | wrong)))).position is None


def test_a_wide_gamut_is_brought_to_srgb():
    wide = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey = Image.new("RGB", (64, 64), (60, 120, 60))
    same = quarters(read_photo(encoded(grey, "PNG", icc_profile=own)).large_jpeg)[0]
    assert np.abs(np.subtract(same, (60, 120, 60))).max() <= 3
    for broken in (wide, b"no profile at all"):
        assert len(quarters(read_photo(encoded(grey, "PNG", icc_profile=broken)).large_jpeg)) == 4


def test_text_with_the_name_of_a_photo_is_refused():
    with pytest.raises(PhotoNotAnImage, match=r"jalan\.jpg is not a photo") as refused:
        read_photo(b"Ini bukan foto.", file_name="jalan.jpg")
    assert isinstance(refused.value, InvalidInput)
    assert refused.value.values == {"file": "jalan.jpg"}
    for other in (b"", b"GIF89a" + bytes(100), encoded(picture(), "TIFF"), b"%PDF-1.7", b"<svg></svg>"):
        with pytest.raises(PhotoNotAnImage):
            read_photo(other)


def test_too_many_bytes_are_refused_and_not_even_read():
    stream = io.BytesIO(b"\xff\xd8\xff" + bytes(30_000_000))
    with pytest.raises(PhotoTooLarge, match=r"The photo besar\.jpg is larger than 20 MB"):
        read_photo(stream, file_name="besar.jpg")
    assert stream.tell() == 20_000_001
    with pytest.raises(PhotoTooLarge):
        read_photo(bytes(30_000_000))


@pytest.mark.parametrize(
    ("width", "height"), [(100_000, 100_000), (7_100, 7_100), (10_000, 7_000), (50_000_001, 1)]
)
def test_a_bomb_is_refused_by_its_header(width, height):
    tracemalloc.start()
    try:
        with pytest.raises(PhotoTooManyPixels, match=r"The photo bom\.png has more than 50 megapixels"):
            read_photo(png_header(width, height), file_name="bom.png")
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_pixels_are_counted_in_every_format(kind):
    with pytest.raises(PhotoTooManyPixels):
        read_photo(encoded(picture(), kind), max_pixels=400 * 300 - 1)
    assert read_photo(encoded(picture(), kind), max_pixels=400 * 300).width_px == 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_photo_is_refused(kind, share):
    noise = Image.fromarray(np.random.default_rng(4).integers(0, 255, (300, 400, 3), dtype=np.uint8))
    data = encoded(noise, kind)
    with pytest.raises(PhotoDamaged, match=r"The photo putus\.jpg is damaged or incomplete"):
        read_photo(data[: int(len(data) * share)], file_name="putus.jpg")


@given(
    st.sampled_from(["JPEG", "PNG", "WEBP"]),
    st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), min_size=1),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_broken_bytes_are_refused_or_read_and_nothing_else(kind, changes):
    data = bytearray(
        encoded(picture(80, 60), kind, exif=noted(**SOLO, DateTimeOriginal="2026:11:25 09:40:00"))
    )
    for place, value in changes:
        data[int(place * len(data))] = value
    try:
        photo = read_photo(bytes(data))
    except PhotoRefused:
        return
    assert Image.open(io.BytesIO(photo.large_jpeg)).format == "JPEG"


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("C:\\Users\\budi\\jalan.jpg", "jalan.jpg"),
        ("../../etc/passwd", "passwd"),
        ("a\nb\x00.jpg", "ab.jpg"),
        ("", "?"),
        ("x" * 100 + ".jpg", "x" * 40 + "…" + "x" * 8 + ".jpg"),
    ],
)
def test_a_name_is_made_fit_for_a_sentence(given_name, shown):
    assert shown_name(given_name) == shown


SAMPLES = Path(__file__).parents[2] / ".." / "shared" / "data" / "exif_gps_samples"
needs_samples = pytest.mark.skipif(
    not SAMPLES.is_dir(),
    reason="needs ../shared/data/exif_gps_samples (photos of real cameras, CC BY-SA 4.0)",
)


@pytest.mark.data
@needs_samples
@pytest.mark.parametrize("way", ["landscape", "portrait"])
def test_real_photos_of_all_orientations_look_alike(way):
    seen = []
    for number in range(1, 9):
        photo = read_photo((SAMPLES / "orientation" / f"{way}_{number}.jpg").read_bytes())
        with Image.open(io.BytesIO(photo.small_jpeg)) as image:
            seen.append(np.asarray(image.convert("L").resize((16, 16)), dtype=float))
        assert (photo.width_px > photo.height_px) is (way == "landscape")
    assert max(np.abs(picture - seen[0]).mean() for picture in seen) < 4.0


@pytest.mark.data
@needs_samples
def test_real_positions_are_read():
    paths = sorted((SAMPLES / "gps").glob("*.jpg"))
    assert len(paths) == 9
    for path in paths:
        photo = read_photo(path.read_bytes(), zone=ZoneInfo("Europe/Rome"))
        lon, lat = photo.position
        assert 11.87 < lon < 11.89
        assert 43.46 < lat < 43.47
        assert photo.taken_at.year == 2008


@pytest.mark.data
@needs_samples
def test_a_block_without_a_position_gives_none():
    photo = read_photo((SAMPLES / "Canon_40D.jpg").read_bytes(), zone=UTC)
    assert photo.position is None
    assert photo.taken_at == datetime(2008, 5, 30, 15, 56, 1, tzinfo=UTC)
