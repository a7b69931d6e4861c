"""The probe: a live query's latency from a process of its own, wherever the worker runs."""

import multiprocessing
import time

import pytest

from atlas_workflows.migration.pace.probe import Probe, probing

STATEMENT = "SELECT pg_sleep(0.02)"


def measured(probe: Probe) -> float:
    end = time.monotonic() + 30
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


def test_a_daemon_may_probe(dsn: str) -> None:
    """As a Celery worker's processes are: they may not start others through multiprocessing."""
    daemon = multiprocessing.get_context("fork").Process(target=measure, args=(dsn,), daemon=True)
    daemon.start()
    daemon.join(60)
    assert daemon.exitcode == 0
