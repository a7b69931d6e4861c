"""Stands in for pgbouncer: clients of its own, each with a process id that it makes up, over few sessions of a real server.

In mode `transaction` a session goes back behind every transaction and the next client gets it, as it was left; in mode
`session` a client keeps the one that it got. Server sessions are psycopg's, which has logged in; we talk on their sockets.
"""

import itertools
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock, Thread
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

ENCRYPTED = (80877103, 80877104)
TOLD = ("server_version", "client_encoding", "server_encoding", "standard_conforming_strings", "TimeZone")
IDS = itertools.count(900_001)


@dataclass
class Pooler:
    """Over the server at `dsn`; `idle` are its sessions, the last one used on top."""

    dsn: str
    mode: str
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))
    idle: list[psycopg.Connection[Any]] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def serve(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            Thread(target=self._quietly, args=(client,), daemon=True).start()

    def _quietly(self, client: socket.socket) -> None:
        with client:
            try:
                self._attend(client)
            except OSError:
                return

    def _take(self) -> psycopg.Connection[Any]:
        with self.lock:
            return self.idle.pop() if self.idle else psycopg.connect(self.dsn, autocommit=True)

    def _give_back(self, session: psycopg.Connection[Any]) -> None:
        with self.lock:
            self.idle.append(session)

    def _attend(self, client: socket.socket) -> None:
        self._welcome(client)
        session = None
        while (message := _message(client)) is not None and message[:1] != b"X":
            session = session or self._take()
            with socket.socket(fileno=os.dup(session.fileno())) as server:
                server.setblocking(True)
                server.sendall(message)
                if message[:1] in b"QS" and _relay(server, client) == b"I" and self.mode == "transaction":
                    self._give_back(session)
                    session = None
        if session is not None:
            self._give_back(session)

    def _welcome(self, client: socket.socket) -> None:
        while struct.unpack("!I", _startup(client)[:4])[0] in ENCRYPTED:
            client.sendall(b"N")
        session = self._take()
        told = {name: session.info.parameter_status(name) or "" for name in TOLD}
        self._give_back(session)
        client.sendall(b"R" + struct.pack("!II", 8, 0))
        for name, value in told.items():
            said = f"{name}\0{value}\0".encode()
            client.sendall(b"S" + struct.pack("!I", 4 + len(said)) + said)
        client.sendall(b"K" + struct.pack("!III", 12, next(IDS), 1) + b"Z" + struct.pack("!I", 5) + b"I")


@contextmanager
def pooled(dsn: str, mode: str) -> Iterator[str]:
    """The address of a pooler before the database."""
    pooler = Pooler(dsn, mode)
    Thread(target=pooler.serve, daemon=True).start()
    try:
        yield make_conninfo(dsn, host="127.0.0.1", port=pooler.listener.getsockname()[1])
    finally:
        pooler.listener.close()
        for session in pooler.idle:
            session.close()


def _exactly(source: socket.socket, count: int) -> bytes | None:
    data = b""
    while len(data) < count:
        part = source.recv(count - len(data))
        if not part:
            return None
        data += part
    return data


def _startup(client: socket.socket) -> bytes:
    length = struct.unpack("!I", _exactly(client, 4) or b"\0\0\0\x04")[0]
    return _exactly(client, length - 4) or b"\0\0\0\0"


def _message(source: socket.socket) -> bytes | None:
    head = _exactly(source, 5)
    if head is None:
        return None
    rest = _exactly(source, struct.unpack("!I", head[1:])[0] - 4)
    return None if rest is None else head + rest


def _relay(server: socket.socket, client: socket.socket) -> bytes:
    """Hand on answers until the server is ready for the next question; returns how its transaction stands."""
    while True:
        answer = _message(server)
        if answer is None:
            raise ConnectionError("the server is gone")
        client.sendall(answer)
        if answer[:1] == b"Z":
            return answer[5:]
