"""Ports that the servers are going to listen on."""

from __future__ import annotations

import asyncio
import errno
import socket

from switchboard.launch.errors import LaunchError, PortInUse

RELEASE_SECONDS = 3.0  # A server that was killed a moment ago may still hold its port for this long.
RELEASE_POLL = 0.2


async def claim(host: str, port: int, variable: str) -> None:
    """Return when `host:port` can be listened on. Raises `PortInUse`, naming the variable that moves us elsewhere."""
    deadline = asyncio.get_running_loop().time() + RELEASE_SECONDS
    while not _is_free(host, port):
        if asyncio.get_running_loop().time() > deadline:
            raise PortInUse(
                f"Port {port} is in use by another program. Stop that program, or set {variable}: "
                f"{variable}={port + 1 if port < 65535 else port - 1} make run"
            )
        await asyncio.sleep(RELEASE_POLL)


def _is_free(host: str, port: int) -> bool:
    """Whether a listener could bind now. Raises `LaunchError` for an address that this machine does not have."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except PermissionError as error:
            raise LaunchError(f"Port {port} needs administrator rights. Choose one above 1023.") from error
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise LaunchError(f"Cannot listen on {host}:{port}: {error.strerror or error}.") from error
    return True
