"""The intake is killed under load: what was acknowledged is stored, and each delivery starts exactly one execution."""

import asyncio
import contextlib
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
from test_events_at_work import lane
from webhook_world import KEY, PostgresHooks, signed
from workflows import line, setting
from world import ONE, PostgresWorld

from atlas_workflows.graph.model import Trigger
from atlas_workflows.integrations.webhooks.manner import Manner

KILLS = 3
CALLERS = 16
PATIENCE_SECONDS = 120


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(slots=True)
class Server:
    """A process that is started again where it was killed."""

    dsn: str
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        environment = os.environ | {"ATLAS_SECRET_KEYS": KEY}
        words = [sys.executable, str(Path(__file__).parent / "webhook_process.py"), self.dsn, str(self.port)]
        self.process = subprocess.Popen(words, env=environment)
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.02)
        raise AssertionError("the intake does not listen")

    def kill(self, how: signal.Signals = signal.SIGKILL) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def server(atlas_dsn: str) -> Iterator[Server]:
    found = Server(atlas_dsn)
    found.start()
    yield found
    found.kill(signal.SIGTERM)


@dataclass(slots=True)
class Load:
    """Callers that send numbered deliveries, each again until it is acknowledged, as providers do."""

    url: str
    acknowledged: set[str] = field(default_factory=set)
    refused: dict[int, int] = field(default_factory=dict)
    lost: int = 0
    is_over: bool = False

    async def caller(self, name: int) -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(limits=limits, timeout=10, trust_env=False) as client:
            number = 0
            while not self.is_over:
                await self._deliver(client, f"{name}-{number}")
                number += 1

    async def _deliver(self, client: httpx.AsyncClient, key: str) -> None:
        body = b'{"key":"%s"}' % key.encode()
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            try:
                answer = await client.post(self.url, content=body, headers=signed(body) | {"x-id": key})
            except httpx.HTTPError:
                self.lost += 1
                await asyncio.sleep(0.05)
                continue
            if answer.status_code == 202:
                self.acknowledged.add(key)
                return
            self.refused[answer.status_code] = self.refused.get(answer.status_code, 0) + 1
            await asyncio.sleep(0.05)
        raise AssertionError(f"{key} was never acknowledged")


async def disturbed(server: Server, load: Load, kills: int) -> None:
    callers = [asyncio.create_task(load.caller(name)) for name in range(CALLERS)]
    for _ in range(kills):
        before = len(load.acknowledged)
        while len(load.acknowledged) < before + 30:
            await asyncio.sleep(0.02)
            assert not any(caller.done() for caller in callers)
        await asyncio.sleep(random.random() * 0.05)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
    before = len(load.acknowledged)
    while len(load.acknowledged) < before + 10:
        await asyncio.sleep(0.02)
    load.is_over = True
    await asyncio.gather(*callers)


def trial(server: Server, dsn: str, kills: int) -> str:
    """What happened, in words; that nothing was lost or doubled is asserted on the way."""
    world = PostgresWorld(dsn, now=None)
    hooks = PostgresHooks(world)
    hooks.add("e1", manner=Manner(delivery_from="header:x-id"), rate_limit=1_000_000)
    world.publish(
        replace(line("w", setting("x")), triggers=(Trigger("t", "webhook", {"endpoint_id": "e1"}),))
    )
    load = Load(f"http://127.0.0.1:{server.port}/hooks/e1")
    asyncio.run(disturbed(server, load, kills))
    stored = {
        key.removeprefix("own ") for (key,) in world.rows("SELECT delivery_key FROM atlas.webhook_deliveries")
    }
    assert load.acknowledged <= stored
    while lane(world).round().taken:
        pass
    started = "SELECT trigger_data ->> 'key', count(*) FROM atlas.workflow_executions WHERE organization_id = %s GROUP BY 1"
    executions = dict(world.rows(started, ONE))
    assert executions == dict.fromkeys(stored, 1)
    world.close()
    assert set(load.refused) <= {503}
    return f"{kills} kills, {len(load.acknowledged)} acknowledged, {len(stored)} stored, {load.lost} connections lost"


@pytest.mark.postgres
@pytest.mark.slow
def test_three_kills_lose_nothing_and_double_nothing(server: Server, atlas_dsn: str) -> None:
    print(trial(server, atlas_dsn, KILLS))
