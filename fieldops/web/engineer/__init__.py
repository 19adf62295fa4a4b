"""Engineers' pages: open clusters and hotspots on maps, with tables and files, and how they were made."""

from fieldops.web.engineer import (
    analyses,
    analysis_files,
    downloads,
    evaluations,
    figures,
    hotspot_files,
    hotspot_map,
    hotspots,
    map_files,
    pages,
    priorities,
    segments,
)
from fieldops.web.engineer.room import blueprint

__all__ = [
    "analyses",
    "analysis_files",
    "blueprint",
    "downloads",
    "evaluations",
    "figures",
    "hotspot_files",
    "hotspot_map",
    "hotspots",
    "map_files",
    "pages",
    "priorities",
    "segments",
]
