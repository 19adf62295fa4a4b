"""Bubbles for maps of any size: counts by place, merged so that none overlap. See docs/methods/tiles.md."""
