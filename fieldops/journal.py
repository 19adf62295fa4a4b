"""The log: a JSON object a line on stderr, with codes and figures, never people's words or contacts."""

import logging
import sys

import structlog

from fieldops.config import Settings


def open_journal(settings: Settings) -> None:
    """Set up logging for this process. Tracebacks carry no local variables: those may hold a contact."""
    level = logging.getLevelNamesMapping()[settings.log_level]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=level, format="%(levelname)s %(name)s %(message)s", stream=sys.stderr)
    for talkative in ("werkzeug", "httpx", "httpcore", "PIL", "fontTools", "pyogrio"):
        # They would write addresses down, and a tracking link's address is its key.
        logging.getLogger(talkative).setLevel(logging.WARNING)
