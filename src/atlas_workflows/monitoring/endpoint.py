"""The page that Prometheus reads: http://ADDRESS:PORT/metrics, in threads of its own."""

from dataclasses import dataclass
from threading import Thread
from typing import Any

from prometheus_client import CollectorRegistry, start_http_server

from atlas_workflows.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A running endpoint."""

    port: int
    server: Any
    thread: Thread

    def close(self) -> None:
        """Stop answering."""
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(2)


def open_endpoint(registry: CollectorRegistry, address: str, port: int) -> Endpoint:
    """Answer at a port; 0 takes a free one. Raises ConfigurationError where it is taken or may not be used."""
    try:
        server, thread = start_http_server(port, address, registry)
    except OSError as cause:
        raise ConfigurationError(
            f"Metrics cannot be served at {address}:{port}: {cause.strerror or cause}.",
            remedy="Choose another with --metrics-port or ATLAS_METRICS_PORT; `off` serves none.",
        ) from cause
    return Endpoint(server.server_port, server, thread)
