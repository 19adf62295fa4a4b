"""A folder of events that were acknowledged and are not in the database yet: durable, ordered, never lost.

Writers (`writer`) are the processes that answer vendors; one reader (`segments`) carries on what they wrote.
Why there is one stands in `docs/decisions/0011-spool-at-the-door.md`.
"""
