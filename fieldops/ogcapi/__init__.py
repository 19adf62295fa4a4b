"""OGC API – Features for other programs: the city's places, to each reader as much as they may know."""

from fieldops.ogcapi.views import blueprint

__all__ = ["blueprint"]
