"""The probe: a live query's latency from a process of its own, wherever the worker runs."""

import multiprocessing
import time
from uuid import uuid4

import psycopg
import pytest

from atlas_workflows.db.connect import connect
from atlas_workflows.db.rows import scalar
from atlas_workflows.db.server import EmbeddedServer
from atlas_workflows.db.sql_files import sql
from atlas_workflows.migration.pace.probe import Probe, probing

STATEMENT = "SELECT pg_sleep(0.02)"
COMPANY = sql("migration/pace/company")


def measured(probe: Probe) -> float:
    end = time.monotonic() + 60
    while probe.latency is None:
        assert time.monotonic() < end, "nothing measured"
        time.sleep(0.02)
    return probe.latency


def measure(dsn: str) -> None:
    with probing(dsn, STATEMENT) as probe:
        measured(probe)


def test_the_block_begins_with_a_measurement_taken_in_calm(dsn: str) -> None:
    with probing(dsn, STATEMENT) as probe:
        assert probe.latency is not None


def test_the_latency_is_that_of_the_statement(dsn: str) -> None:
    with probing(dsn, STATEMENT) as probe:
        assert 0.02 <= measured(probe) < 5
        assert probe.lag is None  # no replica


def test_without_a_database_nothing_is_measured_nothing_fails_and_it_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with probing("postgresql://nobody@127.0.0.1:9/none", STATEMENT) as probe:
        assert probe.latency is None
    assert "nothing is throttled" in caplog.text


def test_it_knows_whether_anybody_else_is_there(dsn: str) -> None:
    with probing(dsn, STATEMENT) as probe:
        assert probe.is_alone, "our own sessions are nobody"
        with psycopg.connect(dsn, application_name="gym", autocommit=True) as gym:
            gym.execute("SELECT 1")
            came = time.monotonic()
            while probe.is_alone:
                assert time.monotonic() < came + 5
                time.sleep(0.01)
            with connect(dsn, application_name="atlas-test", autocommit=True) as ours:
                assert scalar(ours, COMPANY, {"seconds": 60}) is True
                assert scalar(ours, COMPANY, {"seconds": 0}) is False, "its last statement is long over"
    assert not probe.is_alone, "nobody knows any more"


def test_who_may_not_be_looked_into_is_there(pg_server: EmbeddedServer, dsn: str) -> None:
    role = f"peeping_{uuid4().hex[:8]}"
    with psycopg.connect(dsn, application_name="gym", autocommit=True) as gym:
        gym.execute(f"CREATE ROLE {role}".encode())
        with connect(dsn, application_name="atlas-test", autocommit=True) as ours:
            ours.execute(f"SET ROLE {role}".encode())
            assert scalar(ours, COMPANY, {"seconds": 0}) is True
        gym.execute(f"DROP ROLE {role}".encode())


def test_a_daemon_may_probe(dsn: str) -> None:
    """As a Celery worker's processes are: they may not start others through multiprocessing."""
    daemon = multiprocessing.get_context("fork").Process(target=measure, args=(dsn,), daemon=True)
    daemon.start()
    daemon.join(60)
    assert daemon.exitcode == 0
