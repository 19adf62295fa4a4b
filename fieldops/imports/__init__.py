"""Bringing requests in from files."""
