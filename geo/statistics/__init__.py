"""Statistics of places and times: hotspots, trends and what may bias them, over arrays and GeoDataFrames."""
