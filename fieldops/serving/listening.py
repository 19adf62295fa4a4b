"""The socket the site listens on, opened before anything is started."""

import errno
import socket

from fieldops.errors import SetupError


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket, which the web server inherits.

    Held by the supervisor, it stays open while the web server is restarted, so that nobody is refused.

    Parameters
    ----------
    host
        Name or address to listen on.
    port
        0 chooses a free one.

    Raises
    ------
    SetupError
        The port is taken or may not be used, or the host is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=512)
    except OSError as error:
        raise _explained(error, host, port) from None
    listener.set_inheritable(True)
    return listener


def _explained(error: OSError, host: str, port: int) -> SetupError:
    if error.errno == errno.EADDRINUSE:
        return SetupError(
            "Port %(port)s on %(host)s is in use. Stop the program that uses it, "
            "or choose another: --port %(other)s.",
            host=host,
            port=port,
            other=port + 1,
        )
    if error.errno in (errno.EACCES, errno.EPERM):
        return SetupError(
            "This user may not listen on port %(port)s. Choose one above 1023, such as --port 8000.",
            port=port,
        )
    return SetupError("The site cannot listen on %(host)s: %(why)s.", host=host, why=error.strerror or error)


def address_of(listener: socket.socket) -> str:
    """Return the address at which this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    local = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  read, not bound
    return f"http://[{local}]:{port}" if ":" in local else f"http://{local}:{port}"
