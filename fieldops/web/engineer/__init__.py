"""Engineers' pages: the map of open clusters with its table, and the same as files."""

from fieldops.web.engineer import downloads, map_files, pages
from fieldops.web.engineer.room import blueprint

__all__ = ["blueprint", "downloads", "map_files", "pages"]
