"""Reads only. What a page shows is asked here; `frames` is the one door from rows to GeoDataFrames."""
