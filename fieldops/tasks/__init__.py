"""Leased tasks: answer fast, work later, retry safely."""
