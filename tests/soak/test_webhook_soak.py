"""Fifty kills of the intake under load, and ten thousand calls of whatever kind: nothing acknowledged is lost, no fault of ours."""

import os
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

sys.path += [str(Path(__file__).parents[1] / folder) for folder in ("worker", "engine", "integrations")]

pytestmark = pytest.mark.skipif(
    os.environ.get("ATLAS_SOAK") != "1", reason="./atlas soak runs it; tests/worker has samples of both"
)


def test_fifty_kills_lose_nothing_and_double_nothing(atlas_dsn: str) -> None:
    from test_webhook_kills import Server, trial

    server = Server(atlas_dsn)
    server.start()
    try:
        print(trial(server, atlas_dsn, 50))
    finally:
        server.kill()


def test_ten_thousand_calls_of_whatever_kind(atlas_dsn: str) -> None:
    """Into the database, as the application role, and each refusal noted there."""
    from webhook_calls import SECRETS
    from webhook_fuzz import CALLS, Door, add_endpoints
    from webhook_world import KEY, PostgresHooks
    from world import PostgresWorld

    world = PostgresWorld(atlas_dsn, now=None)
    add_endpoints(PostgresHooks(world), SECRETS)
    store = PostgresWebhooks(atlas_dsn, Sealer((KEY,)))
    door, seen = Door(store), Counter[int]()

    @settings(max_examples=10_000, deadline=None, database=None, suppress_health_check=[*HealthCheck])
    @given(**CALLS)
    def trial(**call: Any) -> None:
        status = door.status(**call)
        seen[status] += 1
        assert status < 500, (status, call)

    trial()
    door.runner.run(door.intake.notes.written())
    door.runner.run(store.close())
    kept = world.rows(
        "SELECT (SELECT count(*) FROM atlas.webhook_deliveries), (SELECT sum(times) FROM atlas.webhook_refusals)"
    )
    print(dict(sorted(seen.items())), kept)
    assert seen.total() >= 10_000
    assert kept[0][0] > 100
    assert kept[0][1] > 1_000
    world.close()
