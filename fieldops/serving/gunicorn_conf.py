"""Settings of the web server. Read by `gunicorn --config`."""

import gc
import threading
from pathlib import Path
from typing import Any

bind = "127.0.0.1:8000"  # the supervisor hands over its own socket instead
workers = 2
preload_app = True  # imported once for both; no connection is open yet when the workers fork
worker_class = "fieldops.serving.patient_worker.PatientWorker"
threads = 4
timeout = 60
graceful_timeout = 8  # less than the supervisor waits
keepalive = 5
max_requests = 20_000  # what leaks, leaks for a bounded time
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108  heartbeats, not data
MAP_WITHIN_S = 10.0  # a map of a million requests takes five
control_socket_disable = True
accesslog = "-"
errorlog = "-"
loglevel = "warning"
logger_class = "fieldops.serving.access_log.AccessLog"


def post_worker_init(worker: Any) -> None:
    """Build this process's public map and read its board before it takes its first reader, unless that takes
    too long: where the engine was not compiled at set-up, readers of other pages must not wait for it.
    """
    # this file is read before anything is imported
    from fieldops.web.dispatch.board_map import prepare_board  # noqa: PLC0415
    from fieldops.web.tiles import prepare  # noqa: PLC0415

    app = worker.app.wsgi()

    def prepare_all() -> None:
        prepare(app)
        prepare_board(app)

    preparing = threading.Thread(target=prepare_all, daemon=True)
    preparing.start()
    preparing.join(MAP_WITHIN_S)
    # What is there now stays: nobody shall wait while half a million objects are looked at for garbage.
    gc.collect()
    gc.freeze()
