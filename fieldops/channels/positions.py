"""A position as a vendor writes it: in degrees, or not a position."""

from fieldops.channels.inbound import SharedPlace
from fieldops.channels.loose_json import number


def position(lon: object, lat: object, accuracy_m: object = None, name: str = "") -> SharedPlace | None:
    """Return a place on Earth (degrees, EPSG:4326), None where the numbers are none of one.

    (0, 0) is what a telephone says that knows nothing.
    """
    x, y, around = number(lon), number(lat), number(accuracy_m)
    if x is None or y is None or not (-180 <= x <= 180 and -90 <= y <= 90) or (x == 0 and y == 0):
        return None
    return SharedPlace(x, y, around if around is not None and around >= 0 else None, name)
