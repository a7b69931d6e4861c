"""The contestants of the intake's benchmark, each a process: `python intake_servers.py WHO DSN PORT`.

ours: verify, then the group commit. floor: the same group commit and nothing before it. single: asyncpg, one insert each, which
leaves the same two rows behind.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import orjson
import uvicorn

from atlas_workflows.api.hooks.intake import Intake, new_id
from atlas_workflows.api.hooks.mount import WebhooksBeside, intake_of
from atlas_workflows.integrations.webhooks.judge import Delivery
from atlas_workflows.integrations.webhooks.ports import Stored

ENDPOINT = "bench"
Application = Callable[[Any, Any, Any], Awaitable[None]]
INSERT = """
WITH stored AS (
    INSERT INTO atlas.webhook_deliveries (organization_id, webhook_id, delivery_key, id)
    VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING RETURNING id
)
INSERT INTO atlas.event_outbox (organization_id, event_key, event_type, anchor, data)
SELECT $1, 'webhook ' || s.id, 'webhook', 'webhook ' || s.id, jsonb_build_object('trigger', $5::jsonb) FROM stored AS s
"""
SESSIONS = 16


async def nothing(_: Any, __: Any, send: Any) -> None:
    await answer(send, 404)


async def answer(send: Any, status: int) -> None:
    headers = [(b"content-type", b"application/json"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"{}"})


def ours(dsn: str) -> Application:
    return WebhooksBeside(nothing, intake_of(lambda: dsn))


def floor(dsn: str) -> Application:
    """Reads the body, and no more of the call."""
    made: list[Intake] = []

    async def application(_: Any, receive: Any, send: Any) -> None:
        if not made:
            made.append(intake_of(lambda: dsn)())
        endpoint = await made[0].doors.endpoint(ENDPOINT)
        assert endpoint
        body = orjson.loads((await receive())["body"])
        id_ = new_id()
        delivery = Delivery(endpoint, id_, f"id {id_}", None, None, None, None, body)
        found = await made[0].commits.keep(delivery)
        await answer(send, 202 if found is Stored.STORED else 500)

    return application


def single(dsn: str) -> Application:
    import asyncpg

    pools: list[Any] = []
    opening = asyncio.Lock()

    async def application(_: Any, receive: Any, send: Any) -> None:
        async with opening:
            if not pools:
                # As the owner, so the policies cost it nothing.
                pools.append(await asyncpg.create_pool(dsn, min_size=SESSIONS, max_size=SESSIONS))
                pools.append(
                    await pools[0].fetchrow("SELECT organization_id, id FROM atlas.workflow_webhooks")
                )
        pool, endpoint = pools
        body, id_ = (await receive())["body"], uuid4()
        await pool.execute(
            INSERT, endpoint["organization_id"], endpoint["id"], f"id {id_}", id_, body.decode()
        )
        await answer(send, 202)

    return application


CONTESTANTS: dict[str, Callable[[str], Application]] = {"ours": ours, "floor": floor, "single": single}


if __name__ == "__main__":
    who, dsn_, port = sys.argv[1:]
    uvicorn.run(
        CONTESTANTS[who](dsn_), host="127.0.0.1", port=int(port), log_level="warning", access_log=False, lifespan="off",
        proxy_headers=False, loop="uvloop", http="httptools",
    )  # fmt: skip
