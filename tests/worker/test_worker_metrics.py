"""What a worker tells about itself: the endpoint's figures are those of the database, and asking costs little."""

import json
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from urllib.request import urlopen

import pytest
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs
from test_worker import Outside, live, until  # noqa: F401  (a fixture)
from workflows import line, node, retried, setting
from world import LEASE, NOON, ONE, TWO, MemoryWorld, PostgresWorld, wish, work

from atlas_workflows.db.sql_files import sql_text
from atlas_workflows.errors import ConfigurationError
from atlas_workflows.monitoring.endpoint import open_endpoint
from atlas_workflows.monitoring.gauges import BOUND, ORGANIZATIONS_LOOKED_AT, PLANS, DatabaseGauges
from atlas_workflows.monitoring.metered import error_class
from atlas_workflows.monitoring.metrics import (
    HALTED,
    METRICS,
    RETRIES,
    ROLLOUT,
    START_DELAY,
    STEPS,
    sample_names,
)
from atlas_workflows.monitoring.monitor import Monitor
from atlas_workflows.monitoring.tally import MOST_SERIES, Tally
from atlas_workflows.monitoring.tracing import Tracing
from atlas_workflows.store.executions import PostgresExecutions
from atlas_workflows.wiring import build_worker
from atlas_workflows.worker.model import Answer, Dispatch, NotSent, Performed, Refused, Unclear
from atlas_workflows.worker.ports import StoreUnavailable, Traceable
from atlas_workflows.worker.turn import take_turn

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def samples(text: str) -> Samples:
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(found: Samples, name: str, **labels: str) -> float:
    return found[name, frozenset(labels.items())]


def told(monitor: Monitor) -> Samples:
    return samples(generate_latest(monitor.registry).decode())


@contextmanager
def working(dsn: str, *performers: Any) -> Iterator[Monitor]:
    """A worker with short pauses, watched."""
    monitor = Monitor(dsn)
    worker, listener = build_worker(dsn, {p.kind: p for p in performers}, monitor=monitor)
    thread = threading.Thread(target=worker.run)
    listener.start()
    thread.start()
    try:
        yield monitor
    finally:
        worker.stop()
        thread.join(30)
        listener.stop()


def answering(dispatch: Dispatch) -> Answer:
    text = dispatch.content["text"]
    if text == "busy" and dispatch.dispatches == 1:
        return NotSent()
    answers = {"refused": Refused("provider", "no", may_retry=False), "unclear": Unclear("fell silent")}
    return answers.get(text, Performed())


def test_the_endpoint_says_what_the_database_says(live: PostgresWorld) -> None:  # noqa: F811
    workflow = live.publish(line("w", setting("a"), node("n", text="{{ contact.name }}"), setting("b")))
    names = ["fine"] * 20 + ["refused"] * 3 + ["unclear"] * 2 + ["busy"]
    with working(live.dsn, Outside(answering)) as monitor:
        endpoint = open_endpoint(monitor.registry, "127.0.0.1", 0)
        live.start(*(wish(workflow, f"c{i}", data={"contact": {"name": n}}) for i, n in enumerate(names)))
        until(lambda: sum(live.rows("SELECT count(outcome) FROM atlas.workflow_executions")[0]) == 24)
        until(lambda: value(told(monitor), "atlas_executions_ended_total", outcome="completed") == 21)
        with urlopen(f"http://127.0.0.1:{endpoint.port}/metrics") as answer:
            found = samples(answer.read().decode())
        endpoint.close()
    assert value(found, "atlas_executions_begun_total") == 26
    assert value(found, "atlas_executions_ended_total", outcome="failed") == 3
    assert value(found, "atlas_execution_seconds_count", outcome="completed") == 21
    assert value(found, "atlas_start_delay_seconds_count") == 26
    for kind, status, many in live.rows(
        "SELECT node_type, status, count(*) FROM atlas.workflow_execution_steps GROUP BY 1, 2"
    ):
        assert value(found, "atlas_steps_total", type=kind, status=status) == many
    assert value(found, "atlas_errors_total", **{"class": "provider"}) == 3
    answers = {"performed": 21, "refused": 3, "unclear": 2, "notsent": 1}
    for name, many in answers.items():
        assert value(found, "atlas_effects_total", kind="add_note", answer=name) == many
    assert value(found, "atlas_effect_seconds_count", kind="add_note") == 27
    for statement in ("promote", "claim", "write", "checkpoint", "exchange"):
        assert value(found, "atlas_statement_seconds_count", statement=statement) > 0
    assert value(found, "atlas_effects_pending", status="unknown") == 2
    assert value(found, "atlas_queue_executions", state="parked") == 2
    assert value(found, "atlas_workflows", owner="atlas_enhanced", status="active") == 1
    assert value(found, "atlas_organizations", owner="atlas_enhanced") == 1
    exported = {name for name, _ in found if name.startswith("atlas_")}
    silent = {"atlas_step_retries_total", "atlas_store_failures_total"} | {ROLLOUT.name, HALTED.name}
    assert exported == {name for metric in METRICS for name in sample_names(metric)} - silent


def test_failures_are_logged_with_execution_and_organization_and_without_content() -> None:
    world = MemoryWorld()
    watched = SimpleNamespace(executions=Monitor().executions(world.store), definitions=world)
    (begun, _) = world.start(
        wish(world.publish(line("v", node("s", "split", branches=[])))),
        wish(world.publish(line("w", setting("a")))),
    )
    with capture_logs() as logs:
        work(watched)  # type: ignore[arg-type]
    (entry,) = logs
    assert (entry["organization"], entry["execution"]) == (ONE, begun.execution)
    assert (entry["outcome"], entry["log_level"], entry["version"]) == ("failed", "warning", 1)
    assert set(entry) == {"event", "log_level", "organization", "execution", "workflow", "version", "outcome"}


def test_retries_and_stale_turns_are_counted_once() -> None:
    world = MemoryWorld()
    monitor = Monitor()
    executions, ledger = monitor.executions(world.store), monitor.ledger(world.store)
    watched = SimpleNamespace(executions=executions, definitions=world)
    world.start(wish(world.publish(line("w", retried("n", 2)))))
    batch = executions.checkpoint((), 10)[0]
    turns = [take_turn(c, world.program(c.organization, c.workflow, 1), batch.now) for c in batch.claimed]
    world.move_to(NOON + LEASE)
    executions.promote()
    executions.checkpoint(turns, 0)
    assert value(told(monitor), "atlas_stale_turns_total") == 1
    assert value(told(monitor), "atlas_executions_begun_total") == 0
    from atlas_workflows.worker.model import Finished

    for answer in (Refused("rate_limited", "busy"), Refused("rate_limited", "busy")):
        work(watched)  # type: ignore[arg-type]
        taken = ledger.exchange((), {"add_note": 1})
        ledger.exchange([Finished(dispatch, answer) for dispatch in taken], {})
        work(watched)  # type: ignore[arg-type]
        world.move_to(world.now + timedelta(seconds=60))
        executions.promote()
    found = told(monitor)
    assert value(found, RETRIES.name, type="add_note") == 1
    assert value(found, "atlas_errors_total", **{"class": "rate_limited"}) == 2
    assert value(found, STEPS.name, type="add_note", status="failed") == 2
    assert value(found, f"{START_DELAY.name}_sum") == 60, "the first claim came to nothing and was at once"


def test_what_fails_in_the_store_is_counted(atlas_dsn: str) -> None:
    class Away:
        def promote(self) -> int:
            raise StoreUnavailable("gone")

        checkpoint = promote

    monitor = Monitor()
    executions = monitor.executions(Away())  # type: ignore[arg-type]
    for call in (executions.promote, lambda: executions.checkpoint((), 1)):
        with pytest.raises((StoreUnavailable, TypeError)):
            call()
    assert value(told(monitor), "atlas_store_failures_total", operation="promote", error="unavailable") == 1


def test_classes_of_errors_come_from_the_engine_and_not_from_texts() -> None:
    assert error_class("rate_limited: too many: 3") == "rate_limited"
    assert error_class("The execution took more than 20,000 steps (MAX_STEPS).") == "limit"
    assert error_class("Dear Ana: hello") == "limit"
    assert error_class(None) == "limit"


def test_names_that_definitions_invent_do_not_grow_without_end() -> None:
    tally = Tally()
    for number in range(MOST_SERIES * 3):
        tally.add(STEPS, f"type{number}", "completed")
        tally.add(STEPS, "type1", "completed")
    monitor = Monitor()
    monitor.registry.unregister(monitor.tally)
    monitor.registry.register(tally)
    found = {key: amount for key, amount in told(monitor).items() if key[0] == STEPS.name}
    assert len(found) == MOST_SERIES + 1
    assert value(found, STEPS.name, type="other", status="other") == MOST_SERIES * 2
    assert value(found, STEPS.name, type="type1", status="completed") == MOST_SERIES * 3 + 1


class Counted(Tally):
    calls = 0

    def add(self, *given: Any, **more: Any) -> None:
        self.calls += 1
        super().add(*given, **more)

    def observe(self, *given: Any, **more: Any) -> None:
        self.calls += 1
        super().observe(*given, **more)


def test_a_batch_is_added_up_before_it_is_counted() -> None:
    world, monitor = MemoryWorld(), Monitor()
    monitor.tally = tally = Counted()
    workflow = world.publish(line("w", *(setting(name) for name in "abcdefgh")))
    world.start(*(wish(workflow, f"c{i}") for i in range(100)))
    watched = SimpleNamespace(executions=monitor.executions(world.store), definitions=world)
    assert work(watched) == 100  # type: ignore[arg-type]
    assert sum(amount for (metric, _), amount in tally._counts.items() if metric is STEPS) == 800
    assert tally.calls < 220, "two delays for each execution, and nothing for each of its steps"


def gauges(dsn: str, clock: Any = time.monotonic) -> tuple[DatabaseGauges, Any]:
    found = DatabaseGauges(dsn, clock)

    def read() -> Samples:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in found.collect()
            for sample in family.samples
        }

    return found, read


def test_depth_and_age_of_the_queue(live: PostgresWorld) -> None:  # noqa: F811
    now = [0.0]
    found, read = gauges(live.dsn, lambda: now[0])
    assert value(read(), "atlas_queue_age_seconds", state="ready") == 0
    workflow = live.publish(line("w", setting("a")), TWO)
    live.start(*(wish(workflow, f"c{i}", organization=TWO) for i in range(3)))
    live.connection.execute(
        "UPDATE atlas.execution_states SET started_at = now() - interval '90 seconds' WHERE subject = 'c0'"
    )
    live.connection.execute(
        "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id, ready, due_at) "
        "VALUES (%s, gen_random_uuid(), false, now() - interval '40 seconds'), (%s, gen_random_uuid(), false, NULL)",
        [ONE, ONE],
    )
    assert value(read(), "atlas_queue_executions", state="ready") == 0, "kept for some seconds"
    now[0] = 6.0
    seen = read()
    assert value(seen, "atlas_queue_executions", state="ready") == 3
    assert value(seen, "atlas_queue_executions", state="parked") == 2
    assert 90 <= value(seen, "atlas_queue_age_seconds", state="ready") < 120
    assert 40 <= value(seen, "atlas_queue_age_seconds", state="due") < 70
    assert value(seen, "atlas_database_reachable") == 1
    found.close()


def test_a_database_that_went_away_is_said_and_found_again(live: PostgresWorld) -> None:  # noqa: F811
    found, read = gauges(live.dsn)
    assert value(read(), "atlas_database_reachable") == 1
    live.connection.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = 'atlas-metrics' "
        "AND datname = current_database()"
    )
    found._kept.clear()
    seen = read()
    assert seen == {("atlas_database_reachable", frozenset()): 0.0}
    assert value(read(), "atlas_database_reachable") == 1
    found.close()


def test_reading_the_gauges_costs_little_beside_much(postgres: PostgresWorld) -> None:
    from test_plans import STATES, park

    park(postgres, ONE, 20_000)
    postgres.connection.execute(STATES)
    postgres.connection.execute(
        "INSERT INTO atlas.workflow_execution_queue (organization_id, execution_id) "
        "SELECT md5((n %% 1000)::text)::uuid, gen_random_uuid() FROM generate_series(1, 30000) AS n",
        [],
    )
    postgres.connection.execute(
        "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status, content) "
        "SELECT %s, 'k' || n, gen_random_uuid(), gen_random_uuid(), 's', 'n', 'send_email', "
        "CASE WHEN n %% 1000 = 0 THEN 'intended' ELSE 'done' END, '{}' FROM generate_series(1, 30000) AS n",
        [ONE],
    )
    for _ in range(2):
        for node_ in scanned(postgres, "monitoring/live"):
            assert node_["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Heap Scan"), node_
            assert node_["Actual Rows"] * node_["Actual Loops"] <= BOUND, node_
            assert node_.get("Rows Removed by Filter", 0) <= 10, node_
        postgres.connection.execute(
            "ANALYZE atlas.workflow_execution_queue, atlas.execution_states, atlas.effects"
        )
    _, read = gauges(postgres.dsn)
    seen = read()
    assert math.isclose(value(seen, "atlas_queue_executions", state="parked"), 20_000, rel_tol=0.1)
    assert math.isclose(value(seen, "atlas_queue_executions", state="ready"), 30_000, rel_tol=0.1)
    assert value(seen, "atlas_effects_pending", status="intended") == 30
    assert {node_["Node Type"] for node_ in scanned(postgres, "monitoring/owners")} <= {"Index Only Scan"}


def scanned(world: PostgresWorld, name: str) -> list[dict[str, Any]]:
    with world.connection.transaction(force_rollback=True):
        for setting_, given in PLANS.items():
            world.connection.execute("SELECT set_config(%s, %s, true)", [setting_, given])
        explain = "EXPLAIN (ANALYZE, FORMAT JSON) " + sql_text(name)
        limits = {"bound": BOUND, "organizations": ORGANIZATIONS_LOOKED_AT}
        ((plan,),) = world.connection.execute(explain, limits).fetchall()  # type: ignore[arg-type]
    found = [
        n
        for n in _nodes(json.loads(json.dumps(plan))[0]["Plan"])
        if n.get("Relation Name", "pg_class") != "pg_class"
    ]
    assert found
    return found


def _nodes(node_: dict[str, Any]) -> list[dict[str, Any]]:
    return [node_, *(inner for child in node_.get("Plans", ()) for inner in _nodes(child))]


def test_held_effects_and_rollouts_are_read_where_there_are_such(live: PostgresWorld) -> None:  # noqa: F811
    found, read = gauges(live.dsn)
    assert ("atlas_effects_pending", frozenset({("status", "unknown")})) in read()
    live.connection.execute("ALTER TABLE atlas.effects DROP CONSTRAINT effects_status_check")
    for statement in (
        "ALTER TABLE atlas.effects ADD COLUMN IF NOT EXISTS held_until timestamptz",
        "CREATE INDEX IF NOT EXISTS effects_held ON atlas.effects (held_until) WHERE status = 'held'",
        "CREATE TABLE IF NOT EXISTS atlas.rollouts (phase text, cohort text, halted_at timestamptz, halted_by text, halt_reason text)",
        "INSERT INTO atlas.cohorts (name, percentage, salt) VALUES ('first', 12.5, 's')",
        "INSERT INTO atlas.rollouts (phase, cohort) VALUES ('p2', 'first')",
    ):
        live.connection.execute(statement)
    live.connection.execute(
        "INSERT INTO atlas.effects (organization_id, effect_key, execution_id, workflow_id, subject, node_id, kind, status, "
        "content, held_until) SELECT gen_random_uuid(), 'k' || n, gen_random_uuid(), gen_random_uuid(), 's', 'n', "
        "'send_email', 'held', '{}', now() + (n - 2) * interval '1 hour' FROM generate_series(1, 3) AS n"
    )
    found._kept.clear()
    seen = read()
    assert value(seen, "atlas_effects_pending", status="held") == 3
    assert 3600 <= value(seen, "atlas_effects_pending_age_seconds", status="held") < 3660
    assert value(seen, "atlas_rollout_percentage", phase="p2", cohort="first") == 12.5
    assert value(seen, "atlas_rollout_halted", phase="p2", cohort="first") == 0
    live.connection.execute("DROP TABLE atlas.rollouts CASCADE")
    found._kept.update({reading: (-math.inf, rows) for reading, (_, rows) in found._kept.items()})
    assert not [name for name, _ in read() if name.startswith("atlas_rollout_")]
    found.close()


def test_a_port_that_is_taken_is_said() -> None:
    monitor = Monitor()
    first = open_endpoint(monitor.registry, "127.0.0.1", 0)
    with pytest.raises(ConfigurationError, match=f"127.0.0.1:{first.port}"):
        open_endpoint(monitor.registry, "127.0.0.1", first.port)
    first.close()


def test_the_store_times_its_own_claims(postgres: PostgresWorld) -> None:
    tally = Tally()
    timed = PostgresExecutions(postgres.pool, lease=LEASE, now=NOON, timed=tally.timed)
    postgres.start(wish(postgres.publish(line("w", setting("a")))))
    assert len(timed.checkpoint((), 10)[0].claimed) == 1
    counted = {labels for metric, labels in tally._spreads if metric.name == "atlas_statement_seconds"}
    assert counted == {("claim",)}


class Textlike:
    """A performer; `Asked` can also say what became of an effect."""

    kind, concurrency = "add_note", 4

    def may_repeat(self, effect: Dispatch) -> bool:
        return False

    def perform(self, effect: Dispatch) -> Answer:
        return Performed()


class Asked(Textlike):
    def look_up(self, effect: Dispatch) -> Answer | None:
        return Performed({"sid": "1"})


@pytest.mark.parametrize("is_traced", [False, True])
def test_a_watched_performer_can_be_asked_exactly_where_it_could_before(is_traced: bool) -> None:
    tracing = Tracing(SimpleSpanProcessor(InMemorySpanExporter())) if is_traced else None
    found = Monitor(tracing=tracing).performers({"asked": Asked(), "plain": Textlike()})
    asked = found["asked"]
    assert isinstance(asked, Traceable)
    assert asked.look_up(Dispatch("o", "e", "k", "add_note", 1, {})) == Performed({"sid": "1"})
    assert (asked.kind, asked.concurrency) == ("add_note", 4)
    assert not isinstance(found["plain"], Traceable)
