"""The webhook of the demo: fit to be published, told in words, and over the whole way from the call to the execution."""

import io
from typing import Any

import pytest
from fastapi.testclient import TestClient
from rich.console import Console
from test_events_at_work import lane
from webhook_world import KEY
from world import ONE, PostgresWorld, play

from atlas_workflows.api.app import create_app
from atlas_workflows.cli.demo_webhook import AWAITED, FORGED, SIGNED, Called, Rung, definition, ring
from atlas_workflows.cli.demo_webhook_view import show_rung
from atlas_workflows.cli.webhook_sample import Sent
from atlas_workflows.graph.parse import parse
from atlas_workflows.graph.validate import validate
from atlas_workflows.integrations.webhooks.call import Call
from atlas_workflows.nodes.catalogue import load_catalogue
from atlas_workflows.sample.organizations import Organization
from atlas_workflows.settings import ROOT, Settings
from atlas_workflows.site import Site

GYM = Organization(ONE, 1, "[b]Iron Gym", "iron", "UTC", "USD", "pro", ())


def shown(rung: Rung) -> str:
    out = io.StringIO()
    show_rung(rung, Console(file=out, width=150))
    return out.getvalue()


def test_what_is_published_has_no_problem() -> None:
    workflow, problems = parse(definition("e1"))
    assert workflow is not None
    assert problems + validate(workflow, load_catalogue(), hints=False) == []


def test_what_is_wrong_is_said() -> None:
    right = tuple(Called(what, *awaited) for what, awaited in AWAITED.items())
    for rung, said in (
        (
            Rung(ONE, "Gym", "e1", (Called(SIGNED, 503, "store_away"),)),
            "A signed call was answered 503 store_away",
        ),
        (Rung(ONE, "Gym", "e1", (Called(FORGED, 202, "accepted"),)), "was answered 202 accepted"),
        (Rung(ONE, "Gym", "e1", right), "started 0 executions, and should have started one"),
    ):
        assert said in str(rung.problem)
        assert said in " ".join(shown(rung).split())


@pytest.mark.postgres
def test_three_calls_start_one_execution(
    atlas_dsn: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_SECRET_KEYS", KEY)
    world = PostgresWorld(atlas_dsn, now=None)
    settings = Settings(root=ROOT, home=tmp_path, crm_dsn=atlas_dsn, pg_bin=None, secret_keys=(KEY,))
    with TestClient(create_app(dsn=lambda: atlas_dsn)) as client:

        def post(call: Call, address: str) -> Sent:
            answer = client.post(
                address.removeprefix("http://shop"), content=call.body, headers=dict(call.headers)
            )
            lane(world).round()
            play(world, ["notify_team"])
            return Sent(answer.status_code, answer.text)

        rungs = [ring(Site(atlas_dsn, settings), GYM, "http://shop", post) for _ in range(2)]
    for rung in rungs:  # a second demo finds what the first one left
        assert rung.problem is None, rung
        assert [each.outcome for each in rung.arrivals] == ["refused", "stored"]
        assert "[b]Iron Gym has an endpoint" in shown(rung)
    assert len({rung.endpoint for rung in rungs}) == 2
    assert world.rows("SELECT count(*) FROM atlas.workflow_webhooks") == [(1,)]
    world.close()
