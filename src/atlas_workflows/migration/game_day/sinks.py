"""A mail server and a web server in this process that take everything, slowly or not at all at times, and count what they took."""

import json
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import StreamRequestHandler, TCPServer, ThreadingTCPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

HOST = "127.0.0.1"
EFFECT = "x-game-day-effect"
# Doing these twice under one key does them once, by what HTTP says of them.
REPEATABLE = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
TEXTS = "/2010-04-01/Accounts/"


@dataclass(frozen=True, slots=True)
class Weather:
    """How often the providers are slow, for how long at most, and how often they refuse for the moment."""

    slow: float = 0.4
    seconds: float = 0.8
    refused: float = 0.05


@dataclass(slots=True)
class Taken:
    """What arrived, by the effect's key; `repeats` are those that the provider recognised by it."""

    weather: Weather
    chance: random.Random
    arrived: Counter[str] = field(default_factory=Counter)
    repeats: int = 0
    slow: int = 0
    refused: int = 0
    texts: list[dict[str, Any]] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)

    def is_refused(self) -> bool:
        """Whether the provider refuses this one; otherwise it may have taken its time."""
        with self._lock:
            if self.chance.random() < self.weather.refused:
                self.refused += 1
                return True
            pause = (
                self.chance.random() * self.weather.seconds
                if self.chance.random() < self.weather.slow
                else 0.0
            )
            self.slow += pause > 0
        time.sleep(pause)
        return False

    def take(self, key: str, *, may_repeat: bool = False) -> None:
        """Count one delivery."""
        with self._lock:
            if may_repeat and key in self.arrived:
                self.repeats += 1
            else:
                self.arrived[key] += 1


@dataclass(frozen=True, slots=True)
class Places:
    """The ports at which the sinks listen on this machine."""

    mail: int
    web: int


@contextmanager
def sinks(taken: Taken) -> Iterator[Places]:
    """Both of them, for the time of the block."""
    mail, web = _MailSink((HOST, 0), _MailSession), _WebSink((HOST, 0), _WebExchange)
    servers: tuple[TCPServer, ...] = (mail, web)
    for server in servers:
        server.taken = taken  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield Places(mail.server_address[1], web.server_address[1])
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


class _Patient:
    """A client that was killed is nothing to tell anybody about."""

    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing."""


class _MailSink(_Patient, ThreadingTCPServer):
    pass


class _WebSink(_Patient, ThreadingHTTPServer):
    pass


class _MailSession(StreamRequestHandler):
    """As much of SMTP as handing a message in takes."""

    def handle(self) -> None:
        self._say("220 game day")
        while line := self.rfile.readline():
            word = line[:4].strip().upper()
            if word == b"DATA":
                self._say("354 go on")
                self._say(self._message())
            elif word == b"QUIT":
                return self._say("221 bye")
            else:
                self._say("250 taken")
        return None

    def _message(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        if line == b"":
            return "451 broken off"
        taken: Taken = self.server.taken  # type: ignore[attr-defined]
        if taken.is_refused():
            return "451 try later"
        named = str(message_from_bytes(b"".join(lines))["Message-ID"]).strip("<> \r\n")
        taken.take(unquote(named.rpartition("@")[0]))
        return "250 taken"

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class _WebExchange(BaseHTTPRequestHandler):
    """Takes every request; answers as Twilio does where that is asked."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        taken: Taken = self.server.taken  # type: ignore[attr-defined]
        is_texts = self.path.startswith(TEXTS) and self.headers.get("host") == self._own_address
        if is_texts and self.command == "GET":
            return self._answer(200, {"messages": self._texts_to(taken), "next_page_uri": None})
        if taken.is_refused():
            return self._answer(503, {"message": "try later"})
        key = unquote(self.headers.get(EFFECT, ""))
        taken.take(key, may_repeat=self.command in REPEATABLE)
        return self._answer(201, self._text(taken, body)) if is_texts else self._answer(200, {"ok": True})

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _serve  # noqa: N815

    @property
    def _own_address(self) -> str:
        return f"{HOST}:{self.connection.getsockname()[1]}"

    def _text(self, taken: Taken, body: bytes) -> dict[str, Any]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        message = {
            "sid": f"SM{len(taken.texts):032x}", "status": "queued", "direction": "outbound-api",
            "to": form.get("To"), "from": form.get("From"), "body": form.get("Body", ""),
            "messaging_service_sid": form.get("MessagingServiceSid"),
            "date_created": format_datetime(datetime.now(UTC)),
        }  # fmt: skip
        taken.texts.append(message)
        return message

    def _texts_to(self, taken: Taken) -> list[dict[str, Any]]:
        asked = parse_qs(urlsplit(self.path).query).get("To", [""])[0]
        return [message for message in reversed(taken.texts) if message["to"] == asked]

    def _answer(self, status: int, document: Any) -> None:
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Says nothing."""
