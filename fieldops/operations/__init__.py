"""Decisions and writes: one public verb a file, the session passed in, no commit inside."""
