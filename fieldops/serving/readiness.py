"""Waiting for the site to say that it is ready."""

import http.client
import time
from urllib.parse import urlsplit

from fieldops.errors import SetupError

_ASK_EVERY_S = 0.1
_ONE_ANSWER_WITHIN_S = 10.0


def wait_until_ready(url: str, timeout_s: float) -> float:
    """Return once the site's `/readyz` answers 200.

    Parameters
    ----------
    url
        The site's address, http only: it is asked on this machine.
    timeout_s
        How long to go on asking.

    Returns
    -------
    float
        How long it took, in seconds.

    Raises
    ------
    SetupError
        It was not ready in time; the message holds its last answer.
    """
    started = time.monotonic()
    answer = "no answer"
    while (waited_s := time.monotonic() - started) < timeout_s:
        status, answer = _ask(url, min(_ONE_ANSWER_WITHIN_S, timeout_s - waited_s))
        if status == http.client.OK:
            return time.monotonic() - started
        time.sleep(_ASK_EVERY_S)
    raise SetupError(
        "The site was not ready after %(seconds)d seconds: %(answer)s.", seconds=timeout_s, answer=answer
    )


def _ask(url: str, timeout_s: float) -> tuple[int, str]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=timeout_s)
    try:
        connection.request("GET", "/readyz", headers={"Accept": "application/json"})
        response = connection.getresponse()
        body = response.read(500).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error) or type(error).__name__
    else:
        return response.status, f"status {response.status}, {body}"
    finally:
        connection.close()
