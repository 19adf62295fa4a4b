"""Hand every connection on to another address: `python relay.py PORT HOST PORT`."""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
        writer.write_eof()


async def _hand_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int) -> None:
    try:
        far_reader, far_writer = await asyncio.open_connection(host, port)
    except OSError:
        writer.close()
        return
    await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    for one in (writer, far_writer):
        one.close()


async def main(own_port: int, host: str, port: int) -> None:
    server = await asyncio.start_server(
        lambda reader, writer: _hand_on(reader, writer, host, port), "127.0.0.1", own_port
    )
    async with server:
        await server.serve_forever()


@contextmanager
def relay(own_port: int, host: str, port: int, log: Path) -> Iterator[None]:
    """Run a relay in a process of its own."""
    from tests.channels.daemons import running  # noqa: PLC0415  not needed, nor found, in that process

    with running([sys.executable, __file__, str(own_port), host, str(port)], log):
        yield


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
