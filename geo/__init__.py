"""Computes: arrays and frames in, the same out. Knows no application, no database, no page."""
