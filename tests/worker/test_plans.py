"""Beside 100 000 parked executions the engine's statements still go by their indexes, analyzed or not."""

import json
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from planning import Session, assert_frugal, scans
from workflows import line, setting, wait
from world import NOON, ONE, TWO, PostgresWorld, wish, work

from atlas_workflows.store.executions import NOBODY

PARKED = 100_000
PARK = """
INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, due_at, ready)
SELECT %(organization)s, gen_random_uuid(), timestamptz '2026-04-01' + n * interval '1 second', false
FROM generate_series(1, %(many)s) AS n
"""
STATES = """
INSERT INTO atlas.execution_states (organization_id, execution_id, workflow_id, workflow_version, subject, document)
SELECT organization_id, execution_id, gen_random_uuid(), 1, 's' || id, '{}' FROM atlas.workflow_execution_queue
"""


def park(world: PostgresWorld, organization: str, many: int = PARKED) -> None:
    world.connection.execute(PARK, {"organization": organization, "many": many})


@pytest.fixture
def session(postgres: PostgresWorld) -> Iterator[Session]:
    found = Session(postgres.dsn)
    yield found
    found.connection.close()


QUEUE = (
    "claim",
    "promote",
    "load_states",
    "load_inbox",
    "lock",
    "nested",
    "checkpoint",
    "executions_of_subject",
    "tell",
)
LEDGER = (
    "dispatch_effects", "stale_effects", "finish_effects", "cancel_effects", "answer_again", "release_effects",
    "put_aside_effects", "sending/sent", "lock_connector_limits", "effects_being_sent",
)  # fmt: skip


def test_who_waits_for_a_place_is_not_looked_at_before_there_is_one(
    postgres: PostgresWorld, session: Session
) -> None:
    session.plan_of("admit", {"limit": 1})  # the function reads the catalog once
    workflow = postgres.publish(line("w", wait("p"), concurrency=3))
    postgres.start(*(wish(workflow, f"c{i}") for i in range(3)))
    postgres.executions.promote()
    work(postgres)
    postgres.connection.execute(
        "INSERT INTO atlas.workflow_execution_queue "
        "(organization_id, execution_id, ready, waits_for, counted_for, admitted) "
        "SELECT %s, gen_random_uuid(), false, 'concurrency', %s, false FROM generate_series(1, %s)",
        [ONE, workflow, PARKED],
    )
    for free in (0, 1):
        postgres.connection.execute("UPDATE atlas.workflows SET at_once = %s", [3 + free])
        session.plan_of("admit", {"limit": 2_000})
        plan = session.plan_of("admit", {"limit": 2_000})
        assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 150


@pytest.mark.parametrize("known", ["planned_while_empty", "planned_beside", "analyzed"])
def test_claim_promotion_and_checkpoint_go_by_index_beside_parked_executions(
    postgres: PostgresWorld, session: Session, known: str
) -> None:
    if known == "planned_while_empty":
        session.plan(*QUEUE)
    park(postgres, ONE)
    postgres.connection.execute(STATES)
    workflow = postgres.publish(line("w", setting("a")), TWO)
    begun = postgres.start(*(wish(workflow, f"c{i}", organization=TWO) for i in range(100)))
    if known == "analyzed":
        postgres.connection.execute("ANALYZE atlas.workflow_execution_queue, atlas.execution_states")
    claim = {"after": NOBODY, "limit": 100, "lease": timedelta(seconds=60), "now": NOON}
    assert_frugal(scans(session, "claim", **claim), 200)
    assert_frugal(scans(session, "promote", now=NOON.replace(month=4, day=1, minute=1), limit=1000), 1000)
    ids = {"organizations": [TWO] * 100, "executions": [each.execution for each in begun]}
    assert_frugal(scans(session, "load_states", **ids), 200)
    assert_frugal(scans(session, "load_inbox", **ids), 200)
    places = json.dumps([{"organization_id": TWO, "execution_id": each.execution} for each in begun])
    assert_frugal(scans(session, "lock", executions=places), 200)
    assert_frugal(scans(session, "nested", executions=places), 100)
    turn = {"started_at": NOON.isoformat(), "is_over": False, "wake": False, "recorded": 1, "document": {}}
    turns = json.dumps([{**place, **turn, "status": "running"} for place in json.loads(places)])
    assert_frugal(scans(session, "checkpoint", turns=turns, told="[]", days=[NOON]), 200)
    assert_frugal(scans(session, "executions_of_subject", organization=ONE, subject="s7"), 1)
    assert_frugal(
        scans(session, "tell", news=json.dumps([{"place": 0, **json.loads(places)[0], "event": {}}])), 2
    )


@pytest.mark.parametrize("is_empty", [False, True], ids=["planned_beside", "planned_while_empty"])
def test_the_ledger_goes_by_index_beside_a_long_history(
    postgres: PostgresWorld, session: Session, is_empty: bool
) -> None:
    if is_empty:
        session.plan(*LEDGER)
    postgres.connection.execute(
        "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status, content, dispatched_at, held_until) "
        "SELECT %s, 'k' || n, gen_random_uuid(), gen_random_uuid(), 's' || n %% 1000, 'n', 'send_email', "
        "CASE WHEN n %% 1000 = 0 THEN 'intended' WHEN n %% 1000 = 1 THEN 'held' ELSE 'done' END, '{}', "
        "%s - n * interval '1 minute', %s + n * interval '1 minute' FROM generate_series(1, 100000) AS n",
        [ONE, NOON, NOON],
    )
    room = json.dumps([{"kind": "send_email", "places": 16, "after": NOBODY}])
    lease = timedelta(seconds=60)
    assert_frugal(scans(session, "dispatch_effects", room=room, limits="[]", now=NOON, lease=lease), 32)
    assert_frugal(scans(session, "stale_effects", now=NOON, lease=lease, limit=10), 1)
    finished = [
        {"place": 0, "organization_id": ONE, "effect_key": "k1000", "dispatches": 0, "status": "done"}
    ]
    assert_frugal(scans(session, "finish_effects", finished=json.dumps(finished), now=NOON), 2)
    keys = json.dumps([{"organization_id": ONE, "effect_key": "k1000"}])
    assert_frugal(scans(session, "cancel_effects", effects=keys), 2)
    assert_frugal(scans(session, "answer_again", effects=keys), 2)
    text = {
        "organization": ONE,
        "kind": "send_sms",
        "key": "k",
        "since": NOON,
        "message": "Hi",
        "digits": "44",
    }
    assert_frugal(scans(session, "texts_like", **text), 2)
    assert_frugal(scans(session, "release_effects", now=NOON + timedelta(minutes=2), limit=2_000), 2)
    aside = [{"place": 0, "organization_id": ONE, "effect_key": "k1000", "status": "skipped", "event": {}}]
    assert_frugal(scans(session, "put_aside_effects", aside=json.dumps(aside), now=NOON), 2)
    people = json.dumps([{"place": 0, "organization_id": ONE, "subject_id": "s7"}])
    since = NOON - timedelta(days=7)
    assert_frugal(scans(session, "sending/sent", people=people, since=since, keys=["k"]), 12)


def test_a_checkpoint_looks_at_the_days_of_its_batch_only(postgres: PostgresWorld, session: Session) -> None:
    days = "SELECT atlas.ensure_day_partitions('workflow_executions', now() - interval '30 days', now() + interval '3 days')"
    postgres.connection.execute(days)
    (begun,) = postgres.start(wish(postgres.publish(line("w", setting("a")))))
    ((started_at, today),) = postgres.rows(
        "SELECT started_at, tableoid::regclass::text FROM atlas.workflow_executions"
    )
    turn = {
        "organization_id": ONE,
        "execution_id": begun.execution,
        "started_at": started_at.isoformat(),
        "is_over": True,
    }
    turns = json.dumps(
        [{**turn, "status": "completed", "outcome": "completed", "finished_at": started_at.isoformat()}]
    )
    found = scans(session, "checkpoint", turns=turns, told="[]", days=[started_at])
    history = {table for _, table, _ in found if table.startswith("workflow_executions")}
    assert history == {today.removeprefix("atlas.")}


@pytest.mark.parametrize("is_empty", [False, True], ids=["planned_beside", "planned_while_empty"])
def test_limits_are_asked_by_index(postgres: PostgresWorld, session: Session, is_empty: bool) -> None:
    if is_empty:
        session.plan(*LEDGER)
    postgres.connection.execute(
        "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status, content) "
        "SELECT %s, 'k' || n, gen_random_uuid(), gen_random_uuid(), 's', 'n', 'send_email', "
        "CASE WHEN n %% 5000 = 0 THEN 'dispatching' WHEN n %% 1000 = 1 THEN 'intended' ELSE 'done' END, '{}' "
        "FROM generate_series(1, 50000) AS n",
        [ONE],
    )
    postgres.connection.execute(
        "INSERT INTO atlas.connector_limits VALUES (%s, 'send_email', 20, 600)", [ONE]
    )
    assert_frugal(scans(session, "lock_connector_limits", kinds=["send_email"], now=NOON), 1)
    limits = json.dumps([{"organization_id": ONE, "kind": "send_email"}])
    assert_frugal(scans(session, "effects_being_sent", limits=limits), 10)


def test_a_flood_delays_another_organization_by_at_most_two_claims(postgres: PostgresWorld) -> None:
    flood = "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id) SELECT %s, gen_random_uuid() FROM generate_series(1, 20000)"
    postgres.connection.execute(flood, [ONE])
    workflow = postgres.publish(line("w", setting("a")), TWO)
    postgres.executions.checkpoint((), 100)
    (single,) = postgres.start(wish(workflow, organization=TWO))
    claims = [postgres.executions.checkpoint((), 100)[0].claimed for _ in range(2)]
    assert single.execution in {each.execution for claimed in claims for each in claimed}
    assert [len(claimed) for claimed in claims] == [51, 100], "a lone flood is not slowed down"


def test_claiming_costs_the_same_beside_parked_executions(postgres: PostgresWorld) -> None:
    workflow = postgres.publish(line("w", wait("p", 5)), TWO)

    def claimed_in() -> float:
        postgres.start(*(wish(workflow, f"c{i}-{time.monotonic()}", organization=TWO) for i in range(200)))
        began = time.perf_counter()
        assert work(postgres) == 200
        return time.perf_counter() - began

    claimed_in()
    before = min(claimed_in() for _ in range(3))
    park(postgres, ONE)
    after = min(claimed_in() for _ in range(3))
    assert after < 3 * before, "the plan changed"  # a scan of the parked ones would cost thirty times as much
