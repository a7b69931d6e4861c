"""Endpoints as people and programs look after them: secrets shown once, overlapping rotation, pauses, replays, the audit log."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi import HTTPException
from fastapi.testclient import TestClient
from test_events_at_work import lane
from typer.testing import CliRunner, Result
from webhook_world import KEY, SECRET, PostgresHooks, calls, delivery, intake_over, post, signed
from workflows import line, node
from world import ONE, TWO, PostgresWorld, play

from atlas_workflows.api.app import create_app
from atlas_workflows.cli.webhook import app
from atlas_workflows.db.acting import acting_as_migration
from atlas_workflows.db.connect import Connection
from atlas_workflows.errors import InputError
from atlas_workflows.graph.model import Trigger
from atlas_workflows.integrations.webhooks.manner import Manner
from atlas_workflows.integrations.webhooks.ports import Stored
from atlas_workflows.secrets.sealing import Sealer
from atlas_workflows.site import utc_now
from atlas_workflows.store.steering import By
from atlas_workflows.store.webhooks.endpoints import (
    RotationUnderWay,
    WebhookUnknown,
    delete_webhook,
    rotate_secret,
)
from atlas_workflows.store.webhooks.intake import PostgresWebhooks

pytestmark = pytest.mark.postgres
WHO = ("--by", "Ana", "--reason", "trial")
BODY = b'{"event":"paid"}'


@pytest.fixture
def hooks(atlas_dsn: str) -> Iterator[PostgresHooks]:
    found = PostgresWorld(atlas_dsn, now=None)
    yield PostgresHooks(found)
    found.close()


def run(hooks: PostgresHooks, *words: str, given: str = "", whose: str = ONE) -> Result:
    signed_by = () if words[0] in ("list", "show") else WHO
    said = CliRunner().invoke(
        app, [*words, "--organization", whose, "--dsn", hooks.world.dsn, *signed_by], input=given, env={"ATLAS_SECRET_KEYS": KEY}
    )  # fmt: skip
    if said.exception is not None and not isinstance(said.exception, SystemExit):
        raise said.exception
    assert said.exit_code == 0, said.output
    return said


def status(hooks: PostgresHooks, endpoint_id: str, body: bytes, secret: str) -> int:
    store = PostgresWebhooks(hooks.world.dsn, Sealer((KEY,)))
    (answer,) = calls(intake_over(store), post(endpoint_id, body, signed(body, secret=secret)))
    return answer.status_code


def test_an_endpoint_from_its_making_to_its_end(hooks: PostgresHooks) -> None:
    made = run(hooks, "create", "Payments", "--scheme", "atlas", "--endpoint-id", "wf-1/node-7").output
    secret = made.rpartition("not shown again: ")[2].strip()
    assert len(secret) == 64
    assert status(hooks, "wf-1/node-7", BODY, secret) == 202
    shown = run(hooks, "show", "wf-1/node-7").output + run(hooks, "list").output
    assert secret not in shown
    assert "1 calls" in shown
    with pytest.raises(InputError, match="exists already"):
        run(hooks, "create", "Mine now", "--scheme", "atlas", "--endpoint-id", "wf-1/node-7", whose=TWO)
    with pytest.raises(WebhookUnknown):
        run(hooks, "show", "wf-1/node-7", whose=TWO)
    # Both secrets count while they overlap, and there is no third.
    new = run(hooks, "rotate", "wf-1/node-7").output.rpartition("not shown again: ")[2].strip()
    assert [status(hooks, "wf-1/node-7", b"{}", each) for each in (secret, new)] == [202, 202]
    with pytest.raises(RotationUnderWay, match="three"):
        run(hooks, "rotate", "wf-1/node-7")
    # Where one of the two leaked, the older is ended and the younger one goes on.
    third = (
        run(hooks, "rotate", "wf-1/node-7", "--end-overlap").output.rpartition("not shown again: ")[2].strip()
    )
    assert [status(hooks, "wf-1/node-7", b"3", each) for each in (secret, new, third)] == [401, 202, 202]
    new = third
    hooks.world.connection.execute("UPDATE atlas.workflow_webhooks SET previous_until = now()")
    assert [status(hooks, "wf-1/node-7", b"[]", each) for each in (secret, new)] == [401, 202]
    given = run(
        hooks, "rotate", "wf-1/node-7", "--overlap-hours", "0", "--secret-file", "-", given=f"{SECRET}\n"
    ).output
    assert SECRET not in given
    assert [status(hooks, "wf-1/node-7", b"[1]", each) for each in (new, SECRET)] == [401, 202]
    assert hooks.world.rows("SELECT count(*) FROM atlas.secrets") == [(1,)]  # those before are gone
    run(hooks, "pause", "wf-1/node-7")
    assert status(hooks, "wf-1/node-7", BODY, SECRET) == 503
    run(hooks, "resume", "wf-1/node-7")
    run(hooks, "set", "wf-1/node-7", "--network", "203.0.113.0/24", "--event-from", "body:kind")
    assert status(hooks, "wf-1/node-7", BODY, SECRET) == 403
    assert "networks: 203.0.113.0/24" in run(hooks, "show", "wf-1/node-7").output
    run(hooks, "set", "wf-1/node-7", "--any-network")
    for words in (("--method", "GET"), ("--per-minute", "0")):
        with pytest.raises(InputError):
            run(hooks, "set", "wf-1/node-7", *words)
    run(hooks, "set", "wf-1/node-7", "--unsigned", "--method", "GET")
    with pytest.raises(InputError, match="does not sign the address"):
        run(hooks, "set", "wf-1/node-7", "--signed")
    run(hooks, "set", "wf-1/node-7", "--signed", "--method", "POST")
    assert status(hooks, "wf-1/node-7", b"[2]", SECRET) == 202
    run(hooks, "delete", "wf-1/node-7")
    assert status(hooks, "wf-1/node-7", BODY, SECRET) == 404
    assert hooks.world.rows("SELECT count(*) FROM atlas.secrets") == [(0,)]
    actions = [
        action
        for (action,) in hooks.world.rows(
            "SELECT action FROM atlas.audit_log WHERE actor = 'Ana' ORDER BY id"
        )
    ]
    rotations = ["rotate_webhook_secret"] * 3
    assert actions == [
        "create_webhook", *rotations, "pause_webhook", "resume_webhook", *["change_webhook"] * 4, "delete_webhook",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "given", "said"),
    [
        (("--scheme", "nonsense"), "", "no verification scheme"),
        (("--scheme", "stripe"), "", "Stripe makes the secret"),
        (("--scheme", "standard", "--secret-file", "-"), "whsec_!!!!!!!!", "no secret of Standard Webhooks"),
        (("--scheme", "standard", "--secret-file", "-"), "whsec_YWJjZGVm", "no secret of Standard Webhooks"),
        (("--scheme", "stripe", "--secret-file", "-"), "whsec_1", "no secret of Stripe"),
        (("--scheme", "legacy_body", "--delivery-from", "header:X-Id"), "", "signs no header"),
        (("--scheme", "sendgrid", "--secret-file", "-"), "MFkwEwYHKoZIzj0C", "no secret of SendGrid"),
        (("--scheme", "github", "--secret-file", "-", "--tolerance", "60"), SECRET, "signs no time"),
        (("--scheme", "twilio", "--secret-file", "-"), SECRET, "signs the address"),
        (("--tolerance", "5"), "", "tolerance is 5"),
        (("--tolerance", "60", "--unsigned"), "", "tolerance does nothing without signed calls"),
        (("--subject-by", "email"), "", "subject_by does nothing without subject_from"),
        (("--delivery-seconds", "600"), "", "delivery_seconds does nothing without delivery_from"),
        (("--public-url", "https://gym.example"), "", "public_url does nothing without a scheme"),
        (("--network", "10.0.0.300"), "", "is no network"),
        (("--subject-from", "contact.id"), "", "no place in a call"),
        (("--method", "BREW"), "", "methods are not possible"),
        (("--scheme", "github", "--secret-file", "-", "--method", "get"), SECRET, "does not sign the address"),
        (("--method", "POST", "--method", "DELETE"), "", "does not sign the address"),
        (("--workflow", "00000000-0000-4000-8000-000000000007"), "", "has no workflow"),
        (("--endpoint-id", "/x/"), "", "endpoint's id is none"),
        (("--per-minute", "0"), "", "calls a minute"),
        (("--public-url", "hooks.example.com"), "", "public address is none"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_before_anything_is_kept(
    hooks: PostgresHooks, words: tuple[str, ...], given: str, said: str
) -> None:
    with pytest.raises(InputError, match=said) as refused:
        run(hooks, "create", "x", *words, given=given)
    assert SECRET not in str(refused.value)
    assert hooks.world.rows("SELECT count(*) FROM atlas.secrets") == [(0,)]


def test_a_replay_is_counted_before_and_does_nothing_twice(hooks: PostgresHooks) -> None:
    world = hooks.world
    endpoint = hooks.add("e1")
    noting = replace(line("noting", node("n")), triggers=(Trigger("t", "webhook", {"endpoint_id": "e1"}),))
    world.publish(noting)
    assert hooks.keep(*(delivery(endpoint, f"k{n}") for n in range(3))) == [Stored.STORED] * 3
    assert lane(world).round().started == 3
    play(world, ["add_note"])
    assert sorted(world.effects().values()) == ["done"] * 3
    late = replace(line("late", node("n")), triggers=(Trigger("t", "webhook", {"endpoint_id": "e1"}),))
    world.publish(late)
    since = ("--since", "2020-01-01")
    shown = run(hooks, "replay", "e1", *since).output
    assert "3 deliveries: 0 wait to be handled, 0 failed, 0 started nothing." in shown
    assert "3 executions of theirs are there and stay as they are, with 3 effects done" in shown
    assert lane(world).round().taken == 0
    assert "3 will be handled again" in run(hooks, "replay", "e1", *since, "--yes").output
    handled = lane(world).round()
    # The workflow that was published since begins; the other one has its executions.
    assert (handled.taken, handled.started) == (3, 3)
    play(world, ["add_note"])
    assert sorted(world.effects().values()) == ["done"] * 6
    assert world.rows("SELECT count(*) FROM atlas.workflow_executions") == [(6,)]
    again = json.loads(run(hooks, "replay", "e1", *since, "--yes", "--json").output)
    assert (again["executions"], again["effects_done"], again["replayed"]) == (6, 6, 3)
    assert (lane(world).round().started, len(world.effects())) == (0, 6)


def test_deliveries_are_forgotten_with_their_events(hooks: PostgresHooks) -> None:
    endpoint = hooks.add("e1")
    hooks.keep(delivery(endpoint, "old"), delivery(endpoint, "waiting"), delivery(endpoint, "new"))
    lane(hooks.world).round()
    for key, change in (("old", "handled_at"), ("waiting", None)):
        named = "event_key = (SELECT 'webhook ' || id FROM atlas.webhook_deliveries WHERE delivery_key = %s)"
        value = "now() - interval '31 days'" if change else "NULL"
        hooks.world.connection.execute(
            f"UPDATE atlas.event_outbox SET handled_at = {value} WHERE {named}", [key]
        )
        hooks.world.connection.execute(
            "UPDATE atlas.webhook_deliveries SET received_at = now() - interval '31 days' WHERE delivery_key = %s",
            [key],
        )
    assert hooks.world.outbox.forget() == 2  # an event and its delivery
    left = hooks.world.rows("SELECT delivery_key FROM atlas.webhook_deliveries ORDER BY 1")
    assert left == [("new",), ("waiting",)]


def test_the_application_takes_webhooks_where_it_is_served_alone(
    hooks: PostgresHooks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of it is open in Airflow's web server, where the pages are."""

    def nobody() -> None:
        raise HTTPException(401)

    monkeypatch.setenv("ATLAS_SECRET_KEYS", KEY)
    hooks.add("e1")
    beside_pages = create_app(dsn=lambda: hooks.world.dsn, reports=tmp_path, guard=[nobody])
    with TestClient(beside_pages) as client:
        for path in ("/hooks/e1", "/atlas/hooks/e1", "/api/webhooks/receive/e1"):
            assert client.post(path, content=BODY, headers=signed(BODY)).status_code in (401, 404)
        assert client.get("/runs").status_code == 401
    with TestClient(
        create_app(dsn=lambda: hooks.world.dsn)
    ) as client:  # one loop for all calls, as a server has
        for path in ("/hooks/e1", "/atlas/hooks/e1", "/api/webhooks/receive/e1"):
            body = path.encode().join((b'{"event":"', b'"}'))
            assert client.post(path, content=body, headers=signed(body)).status_code == 202
        assert (
            client.post("/hooks/e2", content=BODY, headers=signed(BODY)).json()["code"] == "webhook_unknown"
        )


def test_an_endpoint_that_cannot_be_read_keeps_nobody_from_the_others(hooks: PostgresHooks) -> None:
    """As after a return to an earlier release, which does not know a setting."""
    for endpoint in ("e1", "e2"):
        hooks.add(endpoint, manner=Manner(tolerance=60))
    hooks.world.connection.execute(
        "UPDATE atlas.workflow_webhooks SET manner = '{\"nosuch\": 1}' WHERE endpoint_id = 'e1'"
    )
    assert [status(hooks, each, BODY, SECRET) for each in ("e1", "e2")] == [503, 202]
    listed = run(hooks, "list").output
    assert "CANNOT BE READ" in listed
    assert "2 webhooks." in listed
    assert "has no setting nosuch" in run(hooks, "show", "e1").output
    run(hooks, "set", "e1", "--name", "Renamed")
    assert "CANNOT BE READ" in run(hooks, "list").output, "a new name replaces no settings"
    assert "all settings are new" in run(hooks, "set", "e1", "--tolerance", "90").output
    assert status(hooks, "e1", BODY, SECRET) == 202
    hooks.world.connection.execute("UPDATE atlas.workflow_webhooks SET manner = '{\"nosuch\": 1}'")
    assert "all settings are new" in run(hooks, "set", "e1", "--clear", "tolerance").output
    hooks.world.connection.execute("UPDATE atlas.workflow_webhooks SET manner = '{\"nosuch\": 1}'")
    run(hooks, "delete", "e1")
    assert "1 webhooks." in run(hooks, "list").output


def test_of_two_changes_at_once_the_second_meets_what_the_first_left(hooks: PostgresHooks) -> None:
    hooks.add("e1", manner=Manner())
    other = PostgresWorld(hooks.world.dsn, now=None)
    ada = By("ada", "trial")

    def rotate(connection: Connection) -> None:
        until = utc_now() + timedelta(hours=1)
        rotate_secret(connection, Sealer((KEY,)), ONE, "e1", until=until, secret=None, by=ada)

    def delete(connection: Connection) -> None:
        delete_webhook(connection, ONE, "e1", ada)

    def second(work: Callable[[Connection], None]) -> None:
        with acting_as_migration(other.connection) as connection:
            work(connection)

    waiting = "SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND wait_event_type = 'Lock'"
    for work, refusal, left in ((rotate, RotationUnderWay, 2), (delete, WebhookUnknown, 0)):
        with ThreadPoolExecutor(1) as thread:
            with acting_as_migration(hooks.world.connection) as connection:
                work(connection)
                late = thread.submit(second, work)
                until = time.monotonic() + 60
                while time.monotonic() < until and not late.done():
                    if connection.execute(waiting, [other.connection.info.backend_pid]).fetchone() == (1,):
                        break
            with pytest.raises(refusal):
                late.result(60)
        # Nothing of the refused one stays.
        assert hooks.world.rows("SELECT count(*) FROM atlas.secrets") == [(left,)]
    assert hooks.world.rows("SELECT count(*) FROM atlas.audit_log WHERE action = 'delete_webhook'") == [(1,)]
    other.close()
