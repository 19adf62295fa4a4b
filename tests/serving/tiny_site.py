"""A real gunicorn with the project's settings on a small application."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from fieldops.serving.listening import listen

ROOT = Path(__file__).parents[2]
APPLICATION = """def app(environ, start):
    start("404 NOT FOUND", [("Content-Length", "0")])
    return []
"""


@contextmanager
def tiny_site(folder: Path) -> Iterator[tuple[int, Path]]:
    """Serve what answers 404 to everything, by one process; yields the port and the log's path."""
    (folder / "tiny.py").write_text(APPLICATION)
    log = folder / "log"
    conf = ROOT / "fieldops" / "serving" / "gunicorn_conf.py"
    with listen("127.0.0.1", 0) as listener, log.open("wb") as sink:
        bind = f"fd://{listener.fileno()}"
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", str(conf), "-w", "1", "--bind", bind, "tiny:app"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{folder}"},
            pass_fds=[listener.fileno()],
            stdout=sink,
            stderr=subprocess.STDOUT,
        )
        try:
            yield listener.getsockname()[1], log
        finally:
            if server.poll() is None:
                server.terminate()
                server.wait(timeout=60)
