"""Loopback ports for our own servers."""

import random
import socket

from atlas_workflows.errors import StackError

# Below what Linux (from 32768) and macOS (from 49152) hand to outgoing connections, above the well-known services.
LISTENING_PORTS = range(18000, 32000)
PORT_ATTEMPTS = 200


def free_port() -> int:
    """A loopback port that nobody listens on right now.

    Taken from below the range for outgoing connections: a server that has gone for a moment would lose a port of that
    range to any client, even to its own, whose next attempt to connect then meets itself.
    """
    for port in random.sample(LISTENING_PORTS, PORT_ATTEMPTS):
        if port_is_free(port):
            return port
    raise StackError(
        f"None of {PORT_ATTEMPTS} ports tried from {LISTENING_PORTS[0]} to {LISTENING_PORTS[-1]} is free.",
        remedy="End programs that listen on this machine.",
    )


def port_is_free(port: int) -> bool:
    """Whether nobody listens on this loopback port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
