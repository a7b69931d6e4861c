"""schemathesis over every route with every role, and ten thousand fuzzed calls at the webhook door of the whole application."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given, settings

from atlas_workflows.db.server import EmbeddedServer
from crm_world import TWO

sys.path += [
    str(Path(__file__).parents[1] / folder) for folder in ("api", "worker", "engine", "integrations")
]

pytestmark = [
    pytest.mark.skipif(
        os.environ.get("ATLAS_SOAK") != "1",
        reason="./atlas soak runs it; tests/api/test_api_fuzz.py and tests/worker/test_webhook_intake.py have samples",
    ),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]
EXAMPLES, CALLED = 25, 10_000
# endpoint id -> how it takes calls
ENDPOINTS: dict[str, dict[str, Any]] = {
    "e1": {"scheme": "atlas"},
    "open": {
        "verifies": False,
        "rate_limit": 1_000_000,
        "manner": {"methods": ["POST", "GET", "PUT"], "subject_from": "body:a.b"},
    },
    "meta": {"scheme": "meta", "secret": "an app secret of theirs"},
    "mailgun": {"scheme": "mailgun", "secret": "a signing key of theirs"},
    "legacy_body": {"scheme": "legacy_body"},
}


@pytest.fixture
def world(pg_server: EmbeddedServer, atlas_template: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    from api_world import build_world

    monkeypatch.setenv("ATLAS_SECRET_KEYS", Fernet.generate_key().decode())
    found = build_world(pg_server.create_database("api_soak", template=atlas_template))
    yield found
    found.app.state.doors.database.close()
    pg_server.drop_database("api_soak")


def test_every_route_answers_every_role_as_documented(world: Any, capsys: pytest.CaptureFixture[str]) -> None:
    from api_fuzz import ask, operations
    from api_world import ROLES
    from schemathesis.core.failures import FailureGroup
    from schemathesis.generation import GenerationMode

    seen, faults = Counter[int](), list[str]()
    for operation in operations(world):
        for role in ROLES:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                try:
                    seen += ask(
                        world, operation, mode, role=role, organization=TWO, examples=EXAMPLES, derandomize=False
                    )  # fmt: skip
                except (Exception, FailureGroup) as fault:  # a group of failures is no Exception
                    faults.append(f"{operation.label} as {role}, {mode}: {fault}")
        with capsys.disabled():  # it goes on for an hour: who watches sees where it is
            print(f"{operation.label}: {seen.total()} requests, {len(faults)} faults", flush=True)
    print(f"{seen.total()} requests: {dict(sorted(seen.items()))}; {len(faults)} faults")
    assert faults == []
    assert seen.total() > 5_000
    assert seen.keys() >= {200, 201, 403, 404, 412, 422, 428}


def test_ten_thousand_calls_at_the_webhook_door(world: Any) -> None:
    """The application as it is served alone, over PostgreSQL; tests/soak/test_webhook_soak.py does it in memory."""
    from test_webhook_intake import CALLS

    for named, wanted in ENDPOINTS.items():
        made = world.call(
            "POST", "webhooks", json={"name": named, "endpoint_id": named, "reason": "soak", **wanted}
        )
        assert made.status_code == 201, made.text
    seen, loop = Counter[int](), asyncio.new_event_loop()

    @settings(max_examples=CALLED, database=None)
    @given(**CALLS)
    def trial(**call: Any) -> None:
        (status,) = loop.run_until_complete(_statuses(world.app, **call))
        seen[status] += 1

    trial()
    loop.close()
    print(f"{seen.total()} calls: {dict(sorted(seen.items()))}")
    assert max(seen) < 500
    assert seen.total() >= CALLED
    assert seen.keys() >= {200, 400, 401, 404, 405, 413, 415}


async def _statuses(
    app: Any, headers: list[tuple[str, str]], body: bytes, endpoint_id: str, method: str, query: str
) -> list[int]:
    sent: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            sent.append(message["status"])

    path = f"/hooks/{endpoint_id}"
    scope = {
        "type": "http", "http_version": "1.1", "scheme": "http", "method": method, "path": path, "raw_path": path.encode(),
        "root_path": "", "query_string": query.encode(), "client": ("198.51.100.7", 1), "server": ("x", 80),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers],
    }  # fmt: skip
    await app(scope, receive, send)
    return sent
