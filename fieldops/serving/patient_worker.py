"""Gunicorn's threads, taken only by those who have asked something."""

from typing import Any

# The mark by which gunicorn's own threads give a connection back; tests/serving tells when it is not that.
from gunicorn.workers.gthread import _DEFER, ThreadWorker


class PatientWorker(ThreadWorker):  # type: ignore[misc]  # gunicorn is untyped
    """A worker whose threads do not wait for the first word of a connection.

    Browsers open connections before they know what to ask. Gunicorn lets a thread wait five seconds for each,
    so that a few of them, as many as there are threads, hold everybody up.
    """

    def handle(self, conn: Any) -> Any:
        """Serve a connection that has sent something; leave any other to the poller."""
        is_new = not conn.initialized and not conn.data_ready
        if is_new and not conn.wait_for_data(0):
            return _DEFER
        return super().handle(conn)
