"""Connections of the API's own server: who sends no headers within ten seconds is not waited for."""

from asyncio import BaseTransport, TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 10.0


class Impatient(HttpToolsProtocol):
    """uvicorn waits for the first headers, and for the rest of half-sent ones, without end; each takes one of its places."""

    header_seconds = HEADER_SECONDS
    _timer: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Somebody connected."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait()

    def on_message_begin(self) -> None:
        """The first byte of a request came."""
        super().on_message_begin()
        self._wait()

    def on_headers_complete(self) -> None:
        """All headers came; from here on the application waits."""
        self._stop()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection has ended."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.header_seconds, self.timeout_keep_alive_handler)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
