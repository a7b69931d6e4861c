"""Fifty kills of the intake under load, and ten thousand calls of whatever kind: nothing acknowledged is lost, no fault of ours."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

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


def test_ten_thousand_calls_of_whatever_kind() -> None:
    from test_webhook_intake import CALLS, statuses_of

    seen: set[int] = set()

    @settings(max_examples=10_000)
    @given(**CALLS)
    def trial(**call: Any) -> None:
        seen.update(statuses_of(**call))

    trial()
    assert max(seen) < 500
