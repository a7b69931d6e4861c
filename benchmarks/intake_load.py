"""Load for the intake's benchmark, a process: `python intake_load.py PORT CONNECTIONS REQUESTS RATE`; RATE 0 sends as fast as it is answered.

Prints JSON: seconds, CPU seconds of its own while it sent, answers by status, and latencies of the median and the 99th of a
hundred in milliseconds. With a rate the latency counts from the instant at which the request was due, so that waiting callers do
not hide a slow server. It shares the machine's cores with the server: `late_ms` says how late the 99th of a hundred of its own
requests were sent, which is in the latency and is no fault of the server's.
"""

import asyncio
import hashlib
import hmac
import json
import sys
import time
from collections import Counter, deque
from typing import Any

import uvloop

PATH, SECRET = "/hooks/bench", "0123456789abcdef0123456789abcdef"
PADDING = "x" * 700  # so that a body has about as many bytes as those of payment providers


def requests(many: int) -> list[bytes]:
    """Signed calls, each another."""
    stamp, run = str(int(time.time())), time.time_ns()
    made = []
    for number in range(many):
        body = json.dumps(
            {"id": f"{run}-{number}", "event": "paid", "amount": number, "note": PADDING}
        ).encode()
        digest = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        head = (
            f"POST {PATH} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
            f"user-agent: bench\r\naccept: */*\r\nx-atlas-timestamp: {stamp}\r\nx-atlas-signature: sha256={digest}\r\n\r\n"
        )
        made.append(head.encode() + body)
    return made


class Connection(asyncio.Protocol):
    """One caller: sends when it is told to, and says when the answer is whole."""

    def __init__(self, load: "Load") -> None:
        self.load, self.due, self.seen = load, 0.0, b""

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.load.idle(self)

    def send(self, request: bytes, due: float) -> None:
        self.due, self.seen = due, b""
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.seen += data
        head, mark, body = self.seen.partition(b"\r\n\r\n")
        if mark and len(body) >= int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            self.load.answered(self, int(head[9:12]))

    def connection_lost(self, _: Exception | None) -> None:
        self.load.lost()


class Load:
    """All callers together; in an open loop a call that is due waits here for a free one, and its time runs."""

    def __init__(self, waiting: list[bytes], rate: float) -> None:
        self.left, self.rate, self.many = deque(waiting), rate, len(waiting)
        self.due: deque[tuple[bytes, float]] = deque()
        # In turn, so that none is idle for so long that the server closes it.
        self.free: deque[Connection] = deque()
        self.taken: list[float] = []
        self.late: list[float] = []
        self.statuses: Counter[int] = Counter()
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def idle(self, connection: Connection) -> None:
        if self.rate == 0 and self.left:
            connection.send(self.left.popleft(), time.perf_counter())
        elif self.due:
            connection.send(*self.due.popleft())
        else:
            self.free.append(connection)

    def answered(self, connection: Connection, status: int) -> None:
        self.taken.append(time.perf_counter() - connection.due)
        self.statuses[status] += 1
        if len(self.taken) == self.many and not self.done.done():
            self.done.set_result(None)
        else:
            self.idle(connection)

    def lost(self) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("a connection was closed"))

    async def pace(self, begun: float) -> None:
        for number in range(self.many if self.rate else 0):
            due = begun + number / self.rate
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            self.late.append(time.perf_counter() - due)
            request = self.left.popleft()
            if self.free:
                self.free.popleft().send(request, due)
            else:
                self.due.append((request, due))


def ninety_ninth(found: list[float]) -> float:
    """Of a hundred; 0 of none."""
    return sorted(found)[len(found) * 99 // 100] if found else 0.0


async def main() -> None:
    port, connections, many, rate = (int(word) for word in sys.argv[1:])
    load = Load(requests(many), rate)
    begun, cpu = time.perf_counter(), time.process_time()
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: Connection(load), "127.0.0.1", port)
    await asyncio.gather(load.pace(time.perf_counter()), load.done)
    seconds = time.perf_counter() - begun
    taken = sorted(load.taken)
    print(
        json.dumps({
            "seconds": seconds, "cpu": time.process_time() - cpu, "all_cpu": time.process_time(), "late_ms": ninety_ninth(load.late) * 1000, "statuses": load.statuses, "p50_ms": taken[len(taken) // 2] * 1000,
            "p99_ms": ninety_ninth(taken) * 1000,
        })
    )  # fmt: skip


if __name__ == "__main__":
    uvloop.run(main())
