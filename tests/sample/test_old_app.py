"""The old application's stand-in writes what it says, honours its own switch, and survives a lost connection."""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from sample_checks import make

from atlas_workflows import exact_json
from atlas_workflows.errors import UnknownShape
from atlas_workflows.sample.old_app import OldApp, Written, run_old_app
from atlas_workflows.sample.sanitiser import escape, saved_edge, saved_node, saved_variables, strip_document


def run(dsn: str, deeds: int, seed: int = 3) -> Written:
    app = OldApp(dsn, seed)
    for _ in range(deeds):
        app.do_something()
    app.close()
    return app.written


def alive(written: Written) -> set[str]:
    return set(written.created) - set(written.deleted)


@pytest.mark.parametrize(
    "shape", ["A", "A+no-organization", "A+workflow-system", "B", "B+workflow-system"], ids=lambda s: s
)
def test_it_writes_what_it_says(dsn: str, shape: str) -> None:
    letter, *variants = shape.split("+")
    make(dsn, letter, *variants, messy=True)
    written = run(dsn, 150)
    assert min(map(len, (written.created, written.saved, written.switched, written.executions))) > 3
    # The workflow-system file requires an organization, which one workflow of the messy sample lacks.
    assert written.failed_deeds == 0 or shape == "A+workflow-system"
    with psycopg.connect(dsn) as connection:
        workflows = {row[0] for row in connection.execute("SELECT id::text FROM workflows")}
        executions = {
            row[0]: row[1]
            for row in connection.execute("SELECT id::text, workflow_id::text FROM workflow_executions")
        }
    assert alive(written) <= workflows
    assert not set(written.deleted) & workflows
    assert len(workflows) == 200 + len(written.created) - len(set(written.deleted))
    assert set(written.executions) & set(executions), "executions of workflows that still stand are there"


def test_it_executes_only_what_its_own_column_switches_on(dsn: str) -> None:
    make(dsn, "A")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("UPDATE workflows SET status = 'paused'")
        app = OldApp(dsn, 1)
        for _ in range(5):
            app.execute()
        assert app.written.executions == []
        (one,) = connection.execute(
            "UPDATE workflows SET status = 'active' WHERE id = (SELECT max(id::text)::uuid FROM workflows) RETURNING id::text"
        ).fetchone() or ("",)
        app.execute()
        rows = connection.execute(
            "SELECT workflow_id::text FROM workflow_executions WHERE id::text = ANY(%s)",
            [app.written.executions],
        )
        assert {row[0] for row in rows} == {one}
    app.close()


def test_saving_in_shape_b_counts_the_edit_and_keeps_a_version(dsn: str) -> None:
    make(dsn, "B")
    app = OldApp(dsn, 1)
    app.save()
    app.close()
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT w.version, v.workflow_data = w.workflow_data, w.name FROM workflows AS w"
            " JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version WHERE w.id = %s",
            [app.written.saved[0]],
        ).fetchone()
    assert row is not None
    assert row[0] > 1
    assert row[1] is True


def test_counters_go_up_twice_where_the_statistics_trigger_counts_too(dsn: str) -> None:
    make(dsn, "A", "workflow-system")
    query = "SELECT sum(total_executions) FROM workflows"
    with psycopg.connect(dsn, autocommit=True) as connection:
        before = connection.execute(query).fetchone()
        app = OldApp(dsn, 1)
        app.execute()
        app.close()
        after = connection.execute(query).fetchone()
    assert before is not None
    assert after is not None
    assert after[0] == before[0] + 2


def test_the_sanitiser_spoils_as_the_contract_says() -> None:
    assert escape(escape("Tom & Co")) == "Tom &amp;amp; Co"
    assert strip_document("<p>Hi</p>") == "pHi/p"
    assert strip_document("https://x.example/?condition_id=5") == "https://x.example/?c5"
    assert len(strip_document(list(range(2000)))) == 1000
    assert len(strip_document({str(number): 1 for number in range(200)})) == 100
    assert saved_node({"position": {"x": -3, "y": 99999}})["position"] == {"x": 0, "y": 10000}
    assert "data" not in saved_edge({"id": "e", "source": "a", "target": "b", "data": {"branch": "true"}})
    assert saved_variables({"gym_name": "Harbour"}) == []


def test_it_goes_on_after_its_connection_was_cut(dsn: str) -> None:
    make(dsn, "A")
    app = OldApp(dsn, 1)
    app.execute()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'old gym application'"
            " AND datname = current_database()"
        )
    for _ in range(20):
        app.do_something()
    assert app.written.reconnects == 1
    assert len(app.written.executions) > 1
    app.close()


def test_it_says_when_there_is_nothing_to_act_on(dsn: str) -> None:
    with pytest.raises(UnknownShape, match="shape A or B"):
        run_old_app(dsn, rate=1, seconds=1, seed=1, stop=threading.Event())


def test_sigterm_ends_it_with_a_summary(dsn: str) -> None:
    make(dsn, "A")
    start = "from atlas_workflows.cli.app import main; main()"
    command = [sys.executable, "-c", start, "sample", "old-app", "--dsn", dsn, "--rate", "50"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        _wait_until(lambda: _executions(dsn) > 5_005)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert exact_json.loads(output)["counts"]["executions"] >= 5


def _executions(dsn: str) -> int:
    with psycopg.connect(dsn) as connection:
        row = connection.execute("SELECT count(*) FROM workflow_executions").fetchone()
        return row[0] if row else 0


def _wait_until(holds: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
