"""Serving: one process tree of web server, worker and scheduler."""
